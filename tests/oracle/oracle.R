# What R says about the samples in a folder: Rscript oracle.R <folder>
# Reads pairs.csv (set, decimals, before, after), proportions.csv, times.csv, ordered.csv and
# longitudinal.csv; writes one *_r.csv for each, with all digits.
suppressPackageStartupMessages({
  library(exactRankTests)
  library(coin)
  library(nlme)
  library(survival)
  library(effectsize)
})
options(digits = 17, warn = -1)
folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, name), stringsAsFactors = FALSE)
write <- function(frame, name) {
  number <- vapply(frame, is.numeric, TRUE)
  frame[number] <- lapply(frame[number], function(x) {
    ifelse(is.na(x), "", sprintf("%.17g", x))
  })
  write.csv(frame, file.path(folder, name), row.names = FALSE, quote = FALSE)
}
# NA where R stops: "not enough observations", "data are essentially constant".
or_na <- function(expression, n = 1) tryCatch(expression, error = function(e) rep(NA_real_, n))

noncentrality <- function(t, df, share) {
  # Solved on |t|: pt() loses the digits of a far lower tail.
  uniroot(function(delta) pt(abs(t), df, delta) - share, abs(t) + c(-30, 30),
          tol = 1e-13, extendInt = "no")$root
}

paired_set <- function(one) {
  before <- one$before
  after <- one$after
  d <- round(after - before, one$decimals[1])
  nonzero <- d[d != 0]
  n <- length(d)
  m <- length(nonzero)
  out <- list(set = one$set[1], n = n)
  for (name in c("before", "after")) {
    x <- one[[name]]
    out[[paste0(name, "_mean")]] <- mean(x)
    out[[paste0(name, "_sd")]] <- sd(x)
    for (type in 6:7) {
      q <- quantile(x, c(.25, .5, .75), type = type, names = FALSE)
      out[paste0(name, c("_q1_", "_median_", "_q3_"), type)] <- q
    }
  }
  raw <- after - before
  out$mean_change <- mean(raw)
  out$sd_change <- sd(raw)
  test <- tryCatch(t.test(raw), error = function(e) NULL)
  constant <- length(unique(d)) == 1
  ok <- !is.null(test) && !constant
  out$change_ci_low <- if (ok) test$conf.int[1] else NA
  out$change_ci_high <- if (ok) test$conf.int[2] else NA
  out$df <- if (ok) unname(test$parameter) else NA
  out$t <- if (ok) unname(test$statistic) else NA
  out$p_t <- if (ok) test$p.value else NA
  dz <- if (ok) cohens_d(raw, mu = 0, ci = NULL)$Cohens_d else NA
  out$cohen_dz <- dz
  # pt() is wrong beyond a noncentrality of 37.62: an end out there is left open.
  usable <- ok && abs(out$t) < 25
  ends <- if (usable) {
    c(noncentrality(out$t, n - 1, .975), noncentrality(out$t, n - 1, .025)) / sqrt(n)
  } else c(NA, NA)
  ends[abs(ends) * sqrt(n) > 37] <- NA
  if (usable && out$t < 0) ends <- -rev(ends)
  out$cohen_dz_ci_low <- ends[1]
  out$cohen_dz_ci_high <- ends[2]
  correction <- 1 - 3 / (4 * (n - 1) - 1)
  out$hedges_g <- dz * correction
  out$hedges_g_ci_low <- ends[1] * correction
  out$hedges_g_ci_high <- ends[2] * correction
  out$n_zero <- n - m
  out$n_ties <- sum(duplicated(abs(nonzero)))
  ranks <- rank(abs(nonzero))
  out$w_plus <- sum(ranks[nonzero > 0])
  out$w_minus <- sum(ranks[nonzero < 0])
  out$p_attainable <- if (m) 2 * psignrank(0, m) else NA
  biserial <- if (m) rank_biserial(d, mu = 0, verbose = FALSE)
  one_sign <- m && abs(biserial$r_rank_biserial) == 1
  # effectsize answers 1 for equal falls, too.
  out$rank_biserial <- if (constant && m) sign(d[1]) else if (m) biserial$r_rank_biserial else NA
  out$rank_biserial_ci_low <- if (m && !one_sign) biserial$CI_low else NA
  out$rank_biserial_ci_high <- if (m && !one_sign) biserial$CI_high else NA
  out$z <- if (m) {
    as.numeric(statistic(wilcoxsign_test(d ~ zero, data.frame(d = d, zero = 0),
                                         zero.method = "Wilcoxon")))
  } else NA
  out$p_exact <- if (m) wilcox.exact(d, exact = TRUE)$p.value else NA
  out$p_asymptotic <- if (m) wilcox.test(d, exact = FALSE, correct = FALSE)$p.value else NA
  pratt <- function(distribution) {
    test <- wilcoxsign_test(d ~ zero, data.frame(d = d, zero = 0), zero.method = "Pratt",
                            distribution = distribution)
    as.numeric(pvalue(test))
  }
  out$p_pratt_exact <- if (m && n > 1) or_na(pratt("exact")) else NA
  out$p_pratt_asymptotic <- if (m && n > 1) or_na(pratt("asymptotic")) else NA
  walsh <- outer(d, d, "+") / 2
  walsh <- sort(walsh[!lower.tri(walsh)])
  out$hodges_lehmann <- median(walsh)
  # The shifts that a test accepts, which is asked in every gap between two different Walsh averages;
  # the rank sums tell on which side a shift lies.
  accepted <- function(p, most) {
    if (n > most) return(c(NA, NA))
    cuts <- unique(c(walsh[1] - 2, walsh, walsh[length(walsh)] + 2))
    cuts <- cuts[c(TRUE, diff(cuts) > 1e-9)]
    gaps <- (head(cuts, -1) + tail(cuts, -1)) / 2
    found <- vapply(gaps, function(shift) {
      moved <- round(d - shift, 9)
      value <- p(moved)
      sums <- sum(sign(moved) * rank(abs(moved)))
      if (value < .05) sign(sums) else 0
    }, 0)
    # The last gap whose shifts are too low, and the first whose shifts are too high.
    low <- if (any(found > 0)) max(which(found > 0)) else 0
    high <- if (any(found < 0)) min(which(found < 0)) else length(gaps) + 1
    if (low == 0 || high > length(gaps)) return(c(NA, NA))
    ends <- c(cuts[low + 1], cuts[high])
    # An end at no change that the test of no change itself rejects lies a hair inside.
    none <- if (any(d != 0)) p(d[d != 0]) else 1
    if (none >= .05) ends <- c(min(ends[1], 0), max(ends[2], 0))
    ends
  }
  normal <- accepted(function(x) wilcox.test(x, exact = FALSE, correct = FALSE)$p.value, 25)
  out$asymptotic_hl_ci_low <- normal[1]
  out$asymptotic_hl_ci_high <- normal[2]
  counted <- accepted(function(x) wilcox.exact(x, exact = TRUE)$p.value, 12)
  out$exact_hl_ci_low <- counted[1]
  out$exact_hl_ci_high <- counted[2]
  untied <- m == n && !anyDuplicated(abs(d)) && n >= 6
  exact <- if (untied) wilcox.test(d, conf.int = TRUE, exact = TRUE)
  out$r_hl <- if (untied) unname(exact$estimate) else NA
  out$r_hl_low <- if (untied) exact$conf.int[1] else NA
  out$r_hl_high <- if (untied) exact$conf.int[2] else NA
  qu <- max(1, qsignrank(.025, n))
  out$r_attained <- if (untied && !anyDuplicated(round(walsh, 9))) 1 - 2 * psignrank(qu - 1, n) else NA
  out$p_sign <- if (m) binom.test(sum(d > 0), m)$p.value else NA
  shapiro <- if (n >= 3 && !constant) shapiro.test(raw)
  out$shapiro_w <- if (is.null(shapiro)) NA else unname(shapiro$statistic)
  out$shapiro_p <- if (is.null(shapiro)) NA else shapiro$p.value
  positive <- all(before > 0) && all(after > 0) && n > 1
  logs <- if (positive) tryCatch(t.test(log(after) - log(before)), error = function(e) NULL)
  out$gmr <- if (positive) exp(mean(log(after) - log(before))) else NA
  ratio <- if (positive) round(log(after) - log(before), 12)
  log_walsh <- if (positive) outer(ratio, ratio, "+") / 2
  out$log_hl <- if (positive) exp(median(log_walsh[!lower.tri(log_walsh)])) else NA
  out$log_p_t <- if (is.null(logs)) NA else logs$p.value
  out$log_p_exact <- if (positive && any(ratio != 0)) {
    wilcox.exact(ratio, exact = TRUE)$p.value
  } else NA
  out$gmr_low <- if (is.null(logs)) NA else exp(logs$conf.int[1])
  out$gmr_high <- if (is.null(logs)) NA else exp(logs$conf.int[2])
  as.data.frame(out)
}
pairs <- read("pairs.csv")
paired <- do.call(rbind, lapply(split(pairs, pairs$set), paired_set))
paired$p_holm <- p.adjust(paired$p_asymptotic, "holm")
paired$p_bh <- p.adjust(paired$p_asymptotic, "BH")
write(paired, "pairs_r.csv")

proportions <- read("proportions.csv")
write(do.call(rbind, Map(function(count, n, only_before, only_after, events, years) {
  exact <- binom.test(count, n)$conf.int
  wilson <- prop.test(count, n, correct = FALSE)$conf.int
  rate <- poisson.test(events, years)$conf.int
  data.frame(
    exact_low = exact[1], exact_high = exact[2],
    wilson_low = if (count == 0) 0 else wilson[1], wilson_high = if (count == n) 1 else wilson[2],
    mcnemar = if (only_before + only_after) {
      binom.test(only_before, only_before + only_after)$p.value
    } else NA,
    rate_low = rate[1], rate_high = rate[2]
  )
}, proportions$count, proportions$n, proportions$only_before, proportions$only_after,
   proportions$events, proportions$years)), "proportions_r.csv")

times <- read("times.csv")
write(do.call(rbind, lapply(split(times, times$set), function(one) {
  fit <- survfit(Surv(time, status == 1) ~ 1, data = one, conf.type = "log-log")
  states <- survfit(Surv(time, factor(status, 0:2, c("censored", "event", "competing"))) ~ 1,
                    data = one, conf.type = "log-log")
  column <- which(states$states == "event")
  median <- summary(fit)$table
  data.frame(
    set = one$set[1], time = fit$time, at_risk = fit$n.risk, event = fit$n.event,
    survival = fit$surv, low = fit$lower, high = fit$upper,
    incidence = states$pstate[, column], incidence_se = states$std.err[, column],
    median = median[["median"]], median_low = median[["0.95LCL"]],
    median_high = median[["0.95UCL"]]
  )
})), "times_r.csv")

ordered <- read("ordered.csv")
write(do.call(rbind, lapply(split(ordered, ordered$set), function(one) {
  table <- matrix(one$value, nrow = max(one$subject), byrow = TRUE)
  binary <- matrix(one$yes, nrow = max(one$subject), byrow = TRUE)
  friedman <- friedman.test(table)
  # Cochran's Q is Friedman's statistic of 0 and 1, tie-corrected.
  cochran <- friedman.test(binary)
  data.frame(set = one$set[1], friedman = friedman$statistic, friedman_p = friedman$p.value,
             cochran = cochran$statistic, cochran_p = cochran$p.value)
})), "ordered_r.csv")

longitudinal <- read("longitudinal.csv")
write(do.call(rbind, lapply(split(longitudinal, longitudinal$set), function(one) {
  one$visit <- factor(one$visit)
  shapes <- list(
    unstructured = list(corSymm(form = ~ as.integer(visit) | subject), varIdent(form = ~ 1 | visit)),
    compound_symmetry = list(corCompSymm(form = ~ 1 | subject), NULL)
  )
  do.call(rbind, lapply(names(shapes), function(shape) {
    fit <- gls(change ~ 0 + visit + base, data = one, correlation = shapes[[shape]][[1]],
               weights = shapes[[shape]][[2]], method = "REML",
               control = glsControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-10,
                                    msTol = 1e-14))
    k <- nlevels(one$visit)
    centre <- mean(tapply(one$base, one$subject, function(b) b[1]))
    contrast <- cbind(diag(k), centre)
    data.frame(
      set = one$set[1], covariance = shape, visit = levels(one$visit),
      estimate = as.vector(contrast %*% coef(fit)),
      se = sqrt(diag(contrast %*% vcov(fit) %*% t(contrast))),
      log_likelihood = as.numeric(logLik(fit))
    )
  }))
})), "longitudinal_r.csv")
