"""Codes of the standards that laboratories exchange data by, in our words."""

# FHIR R4 ObservationStatus; HL7 v2 table 0085 in its letters.
STATUS = {
    "final": "FINAL", "preliminary": "PRELIMINARY", "amended": "CORRECTED", "corrected": "CORRECTED",
    "F": "FINAL", "P": "PRELIMINARY", "C": "CORRECTED", "R": "PRELIMINARY", "S": "PRELIMINARY",
    "U": "FINAL", "entered-in-error": "WITHDRAWN", "cancelled": "WITHDRAWN", "D": "WITHDRAWN",
    "W": "WITHDRAWN",
}  # fmt: skip
# FHIR R4 AdministrativeGender; HL7 v2 table 0001. What is unknown is no sex.
SEX = {"male": "M", "female": "F", "unknown": None, "U": None, "N": None}
LOINC = {
    "http://loinc.org",
    "https://loinc.org",
    "urn:oid:2.16.840.1.113883.6.1",
    "2.16.840.1.113883.6.1",
    "LN",
    "LNC",
}
UCUM = {
    "http://unitsofmeasure.org",
    "urn:oid:2.16.840.1.113883.6.8",
    "2.16.840.1.113883.6.8",
    "UCUM",
}
# HL7 v2 tables 0070 and 0487, and SNOMED CT: a code that comes without its words.
SPECIMENS = {
    "UR": "URINE", "URINE": "URINE", "URT": "URINE 24H", "SER": "SERUM", "PLAS": "PLASMA",
    "PLASMA": "PLASMA", "PLB": "PLASMA", "BLD": "BLOOD", "WB": "BLOOD",
    "122575003": "URINE", "276833005": "URINE 24H", "119364003": "SERUM", "119361006": "PLASMA",
    "119297000": "BLOOD", "258580003": "BLOOD", "122555007": "BLOOD",
}  # fmt: skip
# Laboratory: FHIR observation-category, HL7 v2 table 0074 and the LOINC classes for it; SNOMED CT.
LABORATORY = {
    "laboratory", "lab", "108252007", "26436-6", "18717-9", "18718-7", "18719-5", "18720-3",
    "18721-1", "18723-7", "18724-5", "18727-8", "18728-6", "18729-4", "18767-4", "18768-2",
}  # fmt: skip
SECTIONS = {"BG", "BLB", "CH", "HM", "IMM", "SR", "TX", "URN"}
V2_0074 = {"http://terminology.hl7.org/CodeSystem/v2-0074", "http://hl7.org/fhir/v2/0074"}
