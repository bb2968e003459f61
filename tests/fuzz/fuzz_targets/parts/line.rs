//! Reads lines of the text formats, without any code of the core, and refuses what is not exactly as it should be.

/// A line taken apart; names, values and texts as they were before they were escaped.
#[derive(Debug, PartialEq)]
pub enum Line {
    Comment { keyword: String, name: String, text: String },
    Sample(Sample),
    Eof,
}

/// Names and values.
pub type Labels = Vec<(String, String)>;

#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: Labels,
    pub value: f64,
    pub timestamp: Option<f64>,
    pub exemplar: Option<(Labels, f64, Option<f64>)>,
}

impl Line {
    /// Reads a line without its line feed; `quotes` says whether quotes are escaped in help.
    pub fn read(line: &str, quotes: bool) -> Self {
        assert!(!line.contains('\n'));
        if line == "# EOF" {
            return Self::Eof;
        }
        if let Some(rest) = line.strip_prefix("# ") {
            let (keyword, rest) = rest.split_once(' ').expect("a keyword");
            let mut text = Text(rest);
            let name = text.name(true);
            text.take(" ");
            let quotes = quotes || keyword == "UNIT";
            return Self::Comment { keyword: keyword.into(), name, text: unescaped(text.0, quotes) };
        }
        let mut text = Text(line);
        let (mut name, mut labels) = (String::new(), Vec::new());
        if text.has("{") {
            name = text.quoted();
            if text.has(",") { labels = text.labels() } else { text.take("}") }
        } else {
            name.push_str(&text.name(true));
            if text.has("{") {
                labels = text.labels();
            }
        }
        text.take(" ");
        let (value, timestamp) = text.numbers();
        let exemplar = text.has(" # {").then(|| {
            let labels = if text.has("}") { Vec::new() } else { text.labels() };
            text.take(" ");
            let (value, timestamp) = text.numbers();
            (labels, value, timestamp)
        });
        assert_eq!(text.0, "", "behind the end of {line:?}");
        Self::Sample(Sample { name, labels, value, timestamp, exemplar })
    }
}

/// Whether a name needs no quotes.
pub fn is_legacy(name: &str, colon: bool) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(legal)
}

fn unescaped(text: &str, quotes: bool) -> String {
    let (mut plain, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('\\') => plain.push('\\'),
                Some('"') if quotes => plain.push('"'),
                other => panic!("{other:?} behind a backslash in {text:?}"),
            },
            '"' if quotes => panic!("a raw quote in {text:?}"),
            c => plain.push(c),
        }
    }
    plain
}

/// What is left of a line.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    fn has(&mut self, start: &str) -> bool {
        let rest = self.0.strip_prefix(start);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn take(&mut self, start: &str) {
        assert!(self.has(start), "{start:?} is not in front of {:?}", self.0);
    }

    fn until(&mut self, end: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.0.split_at(self.0.find(end).unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A name as it is, or in quotes.
    fn name(&mut self, colon: bool) -> String {
        if self.0.starts_with('"') {
            let name = self.quoted();
            // A prefix may make a name legal that was not; it is written in quotes none the less.
            assert!(colon || !is_legacy(&name, colon), "{name:?} needs no quotes");
            return name;
        }
        let name = self.until(|c| " {}=\",".contains(c));
        assert!(is_legacy(name, colon), "{name:?} is no name, in front of {:?}", self.0);
        name.into()
    }

    fn quoted(&mut self) -> String {
        self.take("\"");
        let mut escaped = false;
        let end = self.0.find(|c| match c {
            '\\' => {
                escaped = !escaped;
                false
            }
            '"' if !escaped => true,
            _ => {
                escaped = false;
                false
            }
        });
        let (text, rest) = self.0.split_at(end.expect("a quote that ends"));
        self.0 = rest;
        self.take("\"");
        unescaped(text, true)
    }

    /// Labels up to the brace behind them, at least one.
    fn labels(&mut self) -> Labels {
        let mut labels = Vec::new();
        loop {
            let name = self.name(false);
            self.take("=");
            labels.push((name, self.quoted()));
            if self.has("}") {
                return labels;
            }
            self.take(",");
        }
    }

    /// A value, and perhaps a timestamp.
    fn numbers(&mut self) -> (f64, Option<f64>) {
        let mut number = || {
            let text = self.until(|c| c == ' ');
            let number = text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"));
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)), "{text:?}");
            (number, self.0.starts_with(' ') && !self.0.starts_with(" #"))
        };
        let (value, more) = number();
        let timestamp = more.then(|| {
            self.take(" ");
            self.until(|c| c == ' ').parse().expect("a timestamp")
        });
        (value, timestamp)
    }
}
