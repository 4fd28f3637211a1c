"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

// Figures: as they come near the screen, and all of them before printing.
const draw = (box) => {
  if (box.dataset.drawn) return;
  box.dataset.drawn = "waiting";
  const spec = box.dataset.figure
    ? data.figures[box.dataset.figure].spec
    : { ...data.patients.spec, datasets: data.patients.datasets[Number(box.dataset.patient)] };
  vegaEmbed(box, spec, data.embed)
    .then(() => {
      box.querySelector("summary")?.setAttribute("aria-label", data.save_figure);
      box.dataset.drawn = "yes";
    })
    .catch((error) => { box.dataset.drawn = "failed"; box.textContent = String(error); throw error; });
};
const boxes = [...document.querySelectorAll(".chart")];
const seen = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
  { rootMargin: "600px" },
);
boxes.forEach((box) => seen.observe(box));
addEventListener("beforeprint", () => {
  document.querySelectorAll("details.patient").forEach((part) => { part.open = true; });
  boxes.forEach(draw);
});

// Records behind a number.
const dialog = document.getElementById("records");
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-records]");
  if (!button) return;
  const found = (data.trace.positions[button.dataset.records] || []).map((i) => data.trace.records[i]);
  document.getElementById("records-count").textContent = data.records_of
    .replace("{number}", button.textContent).replace("{n}", String(found.length));
  document.getElementById("records-rows").replaceChildren(...found.map((record) => {
    const row = document.createElement("tr");
    record.forEach((value) => { row.insertCell().textContent = value === null ? "" : String(value); });
    return row;
  }));
  dialog.showModal();
});

// Search: headings, table rows, figures and patients that hold every word.
const places = [...document.querySelectorAll("main h2, main h3, main h4, main tbody tr, main figure, main summary, main dd, main .results")]
  .map((element) => ({ element, text: (element.querySelector(".words p") || element).textContent.replace(/\s+/g, " ").trim() }));
const hits = document.getElementById("hits");
document.getElementById("words").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? places.filter((place) => words.every((word) => place.text.toLowerCase().includes(word))) : [];
  hits.replaceChildren(...found.slice(0, 30).map(({ element, text }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    element.id ||= `place-${places.findIndex((place) => place.element === element)}`;
    link.href = `#${element.id}`;
    link.textContent = text.slice(0, 90);
    link.addEventListener("click", () => {
      for (let part = element; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    });
    item.append(link);
    return item;
  }));
});
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  hits.querySelector("a")?.click();
});
