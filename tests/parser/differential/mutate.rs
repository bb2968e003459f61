//! Pages that are nearly right: lines of real and generated pages with a few faults in them.

/// Numbers that look like chance, the same in every run.
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }
}

/// What is put in somewhere.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    ",",
    ", ",
    "{",
    "}",
    "{}",
    "=",
    "\"",
    "\\",
    "\\n",
    "\\q",
    "#",
    "# ",
    " # {} 1",
    " # {a=\"b\"} 0.5 1",
    "1",
    "0",
    "-",
    "+",
    ".",
    "e",
    "_",
    ":",
    "é",
    "\u{a0}",
    "NaN",
    "Inf",
    "0x1",
    "1e999",
    "# HELP ",
    "# TYPE ",
    "# UNIT ",
    "# EOF\n",
    "a=\"b\",",
    "le=\"1\",",
    "__name__=\"x\",",
    " 5",
    " -5",
    " 1.5",
    "quantile=\"x\",",
    "\"a.b\"",
    "'",
    "/",
    "_total",
    "_created",
    "_bucket",
];

/// What is put in the place of a value or of a moment.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "+1",
    "1.",
    ".5",
    "1e5",
    "1E+05",
    "1e-400",
    "1e400",
    "-1e400",
    "NaN",
    "nan",
    "-NaN",
    "+Inf",
    "-inf",
    "Infinity",
    "infinit",
    "0x1p-2",
    "1_000",
    "١",
    "1,5",
    "18446744073709551616",
    "9223372036854775808",
    "0.1e",
    "e5",
    "--1",
    "\"1\"",
    "1e5e5",
    "0b1",
    "00012",
];

const TYPES: &[&str] =
    &["counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset", "gaugehistogram", "Counter", "what", ""];

const SUFFIXES: &[&str] = &["_total", "_bucket", "_sum", "_count", "_created", "_info", "_gsum", "_gcount", ""];

/// Some lines of a page that stand together.
pub fn excerpt(page: &str, dice: &mut Dice) -> String {
    let lines: Vec<&str> = page.split_inclusive('\n').filter(|line| line.len() < 500 && !line.starts_with("# EOF")).collect();
    let start = dice.below(lines.len().saturating_sub(4));
    let count = 2 + dice.below(7);
    lines.iter().skip(start).take(count).copied().collect()
}

/// The page with one to three faults.
pub fn faulty(page: &str, dice: &mut Dice) -> String {
    let mut page = page.to_string();
    for _ in 0..=dice.below(3) {
        page = fault(&page, dice);
    }
    page
}

fn fault(page: &str, dice: &mut Dice) -> String {
    let characters: Vec<char> = page.chars().collect();
    let mut lines: Vec<String> = page.split_inclusive('\n').map(Into::into).collect();
    if lines.is_empty() {
        return dice.of(PIECES).into();
    }
    let (at, line) = (dice.below(characters.len()), dice.below(lines.len()));
    let text = |characters: &[char]| characters.iter().collect::<String>();
    match dice.below(12) {
        0 => return [text(&characters[..at]), text(&characters[at + 1..])].concat(),
        1 => return [text(&characters[..=at]), text(&characters[at..])].concat(),
        2..=4 => return [text(&characters[..at]), dice.of(PIECES).into(), text(&characters[at..])].concat(),
        5 => lines.insert(dice.below(lines.len() + 1), lines[line].clone()),
        6 => drop(lines.remove(line)),
        7 => lines.swap(line, dice.below(page.split_inclusive('\n').count())),
        8 => {
            // The last word of a line: its value, its moment or its type.
            let own = lines[line].trim_end().to_string();
            let (start, last) = own.rsplit_once(' ').unwrap_or(("", &own));
            let new = if own.starts_with("# TYPE") { dice.of(TYPES) } else { dice.of(NUMBERS) };
            lines[line] = match dice.below(3) {
                0 => format!("{start} {last} {new}\n"),
                _ => format!("{start} {new}\n"),
            };
        }
        9 => {
            let own = lines[line].clone();
            let end = own.find(['{', ' ']).unwrap_or(own.len());
            let (name, rest) = own.split_at(end);
            lines[line] = format!("{name}{}{rest}", dice.of(SUFFIXES));
        }
        10 => lines[line] = format!("{}{}", lines[line].trim_end(), dice.of(&["", " \n", "\t\n", "\r\n", "\n\n", " 1\n"])),
        _ => lines[line] = lines[line].replacen(dice.of(&[" ", ",", "\"", "=", "{", "}", "_"]), dice.of(PIECES), 1),
    }
    lines.concat()
}
