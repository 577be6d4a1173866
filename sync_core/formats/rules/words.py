"""Words that databases, programs and spreadsheets write instead of a value."""

NULL_WORDS = (
    *("NULL", "Null", "null", "(NULL)", "(Null)", "(null)", "[NULL]", "[null]", "<NULL>", "<null>"),
    *("\\N", "None", "NaN", "nan", "N/A", "n/a", "undefined"),
)
"""What databases and programs write for an empty value. Case matters: nobody is called NaN."""

ERRORS_WITHOUT_MARK = (
    *("N/A", "N/B", "N/D", "N/DISP", "N/V", "NV", "I/T", "YOK", "HIÁNYZIK"),
    *("\u041d/\u0414", "\u0394/\u03a5"),  # Cyrillic, Greek
    *("NENÍ_K_DISPOZICI", "NEDOSTUPNÝ", "NEDOSTUPNÉ", "GETTING_DATA"),
)
"""The errors of spreadsheets, in all languages, that do not end with a mark as `#REF!` does."""

MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec"),
    *("Mrz", "Mai", "Okt", "Dez", "jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep"),
    *("okt", "nov", "dec", "janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept"),
    *("oct", "déc", "ene", "mar", "abr", "may", "ago", "dic", "gen", "mag", "giu", "lug", "set"),
    *("ott", "fev", "out", "dez", "maj", "sty", "lut", "kwi", "cze", "lip", "sie", "wrz", "paź"),
    *("lis", "gru", "янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя"),
    "дек",
)
"""Short names of months as spreadsheets write them. Case matters: 5-MAR can be a class."""
