//! Attributes of functions, which put a guard in front of the body or look at what comes out of it.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::tokens::{Cursor, Read, Wrong, filled, idents, only, parsed, placed, wrong};

/// What an attribute does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Timed,
    InProgress,
    CountErrors,
}

/// `(observer, if = …, crate = …)`.
struct Arguments {
    observer: TokenStream,
    counted: Option<TokenStream>,
    own: TokenStream,
}

/// A function, its body apart.
struct Function {
    head: Vec<TokenTree>,
    name: Ident,
    is_async: bool,
    returned: Option<TokenStream>,
    body: Group,
}

/// The function with its measurement; where that cannot be, the function as it is beside the error, so that there is one error
/// and not one for each caller.
pub(crate) fn measured(measure: Measure, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let measured = arguments_of(measure, arguments).and_then(|arguments| {
        let function = Function::read(item.clone())?;
        let body = function.body(measure, &arguments)?;
        let body = TokenTree::from(Group::new(Delimiter::Brace, body));
        Ok(function.head.into_iter().chain([body]).collect())
    });
    measured.unwrap_or_else(|wrong: Wrong| wrong.into_tokens().into_iter().chain(item).collect())
}

fn arguments_of(measure: Measure, arguments: TokenStream) -> Read<Arguments> {
    let mut tokens = Cursor::new(arguments, Span::call_site());
    let observer = tokens.until(|tokens| tokens.is_option("if") || tokens.is_option("crate"));
    if observer.is_empty() {
        let what = match measure {
            Measure::Timed => "`#[timed(SECONDS)]` names what takes the duration",
            Measure::InProgress => "`#[in_progress(GAUGE)]` names the gauge",
            Measure::CountErrors => "`#[count_errors(COUNTER)]` names the counter",
        };
        return wrong(tokens.span(), what);
    }
    let (mut counted, mut own) = (None, parsed("::picometer_std"));
    while tokens.take_punct(',') && !tokens.is_empty() {
        let key = tokens.ident("`crate`")?;
        tokens.take_punct('=');
        let value = tokens.until(|tokens| tokens.is_option("if") || tokens.is_option("crate"));
        match &*key.to_string() {
            "if" if measure == Measure::CountErrors => counted = Some(value),
            "crate" => own = value,
            _ => return wrong(key.span(), "only `#[count_errors(…)]` has a condition"),
        }
    }
    Ok(Arguments { observer, counted, own })
}

impl Cursor {
    /// Whether `, name =` is next, or the comma at the end.
    fn is_option(&self, name: &str) -> bool {
        let mut ahead = self.clone();
        ahead.take_punct(',') && (ahead.is_empty() || (ahead.take_ident(name) && ahead.is_punct('=')))
    }
}

impl Function {
    fn read(item: TokenStream) -> Read<Self> {
        let mut tokens = Cursor::new(item.clone(), Span::call_site());
        while tokens.take_punct('#') {
            tokens.next();
        }
        tokens.take_group(Delimiter::None);
        let mut is_async = false;
        while !tokens.take_ident("fn") {
            match tokens.next() {
                Some(TokenTree::Ident(ident)) => match &*ident.to_string() {
                    "async" => is_async = true,
                    "const" => return wrong(ident.span(), "a constant function is not measured: it runs when the program is compiled"),
                    "unsafe" => return wrong(ident.span(), "an unsafe function is not measured: measure the safe one around it"),
                    "extern" => return wrong(ident.span(), "a function for other languages is not measured: measure one that it calls"),
                    "struct" | "enum" | "impl" | "trait" | "mod" | "static" | "type" | "union" | "use" => {
                        return wrong(ident.span(), "this attribute stands in front of a function");
                    }
                    _ => {}
                },
                // `pub(crate)`, the ABI.
                Some(_) => {}
                None => return wrong(Span::call_site(), "this attribute stands in front of a function"),
            }
        }
        let name = tokens.ident("the name of the function")?;
        if tokens.take_punct('<') {
            tokens.until(|_| false);
            tokens.take_punct('>');
        }
        tokens.take_group(Delimiter::Parenthesis);
        let returned = (tokens.take_punct('-') && tokens.take_punct('>'))
            .then(|| tokens.until(|tokens| tokens.is_ident("where") || tokens.is_body() || tokens.is_punct(';')));
        tokens.until(|tokens| tokens.is_body() || tokens.is_punct(';'));
        let Some(TokenTree::Group(body)) = tokens.peek().cloned().filter(|_| tokens.is_body()) else {
            return wrong(name.span(), "a function without a body is not measured: write the attribute where it is implemented");
        };
        let body = if body.delimiter() == Delimiter::None {
            match only(body.stream()) {
                Some(TokenTree::Group(inner)) => inner,
                _ => body,
            }
        } else {
            body
        };
        let mut head: Vec<TokenTree> = item.into_iter().collect();
        head.pop();
        Ok(Self { head, name, is_async, returned, body })
    }

    fn body(&self, measure: Measure, arguments: &Arguments) -> Read<TokenStream> {
        if measure == Measure::CountErrors && self.returned.is_none() {
            return wrong(self.name.span(), "a function that returns nothing has no errors to count");
        }
        match future(&self.body).filter(|_| !self.is_async) {
            Some((path, front, inner)) => {
                let body = wrapped(measure, arguments, inner.stream(), true, None);
                let front = parsed(front);
                Ok(match path {
                    Some(path) => filled("$path($front { $body })", &[("path", &path), ("front", &front), ("body", &body)]),
                    None => filled("$front { $body }", &[("front", &front), ("body", &body)]),
                })
            }
            None if !self.is_async && self.returned.as_ref().is_some_and(is_future) => wrong(
                self.name.span(),
                "only the call of this function would be measured, not its future: make it `async`, or return one `async` block",
            ),
            None => Ok(wrapped(measure, arguments, self.body.stream(), self.is_async, self.returned.as_ref())),
        }
    }
}

impl Cursor {
    /// Whether the body of the function is next: braces, perhaps from a macro's `$body`.
    fn is_body(&self) -> bool {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => true,
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                matches!(only(group.stream()), Some(TokenTree::Group(inner)) if inner.delimiter() == Delimiter::Brace)
            }
            _ => false,
        }
    }
}

/// A body that is one `async` block, or `Box::pin` of one, which is what `#[async_trait]` makes of an async function: the path, what is in
/// front of the braces, and what is in them.
fn future(body: &Group) -> Option<(Option<TokenStream>, &'static str, Group)> {
    if let Some((front, inner)) = block(Cursor::of(body)) {
        return Some((None, front, inner));
    }
    let mut tokens = Cursor::of(body);
    let path = tokens.until(|tokens| tokens.is_group(Delimiter::Parenthesis));
    let is_pin = idents(path.clone()).last().is_some_and(|ident| ident.to_string() == "pin");
    let call = tokens.take_group(Delimiter::Parenthesis).filter(|_| is_pin && tokens.is_empty())?;
    let (front, inner) = block(Cursor::of(&call))?;
    Some((Some(path), front, inner))
}

/// An `async` block and nothing else, with the comma behind an argument: what is in front of its braces, and what is in them.
fn block(mut tokens: Cursor) -> Option<(&'static str, Group)> {
    let front = match (tokens.take_ident("async"), tokens.take_ident("move")) {
        (true, true) => "async move",
        (true, false) => "async",
        _ => return None,
    };
    let inner = tokens.take_group(Delimiter::Brace)?;
    tokens.take_punct(',');
    tokens.is_empty().then_some((front, inner))
}

/// Whether a type is `impl Future…`.
fn is_future(returned: &TokenStream) -> bool {
    let mut tokens = Cursor::new(returned.clone(), Span::call_site());
    let is_impl = tokens.take_ident("impl");
    let bound = tokens.until(|tokens| tokens.is_punct('<') || tokens.is_punct('+'));
    is_impl && idents(bound).last().is_some_and(|ident| ident.to_string() == "Future")
}

/// A body with its measurement. What the observer borrows lives until the end of the `match`.
fn wrapped(measure: Measure, arguments: &Arguments, body: TokenStream, is_async: bool, returned: Option<&TokenStream>) -> TokenStream {
    let Arguments { observer, counted, own } = arguments;
    // A type with `impl` can be said at the head of the function only.
    let returned = returned.filter(|kind| idents((*kind).clone()).iter().all(|ident| ident.to_string() != "impl"));
    let inner = match measure {
        Measure::Timed => "let _guard = $timer; $body",
        Measure::InProgress => "let _guard = $running; $body",
        Measure::CountErrors => match (is_async, returned) {
            (true, Some(_)) => {
                "let result = async move {
                    if let ::core::option::Option::Some(result) = ::core::option::Option::None::<$returned> { return result; }
                    $body
                }.await;
                $count"
            }
            (true, None) => "let result = async move { $body }.await; $count",
            (false, Some(_)) => "let result = $own::__private::call(move || -> $returned { $body }); $count",
            (false, None) => "let result = $own::__private::call(move || { $body }); $count",
        },
    };
    // Arguments have the places of what the user wrote, so that errors are under it.
    let timer = placed(filled("$own::Timer::new(observer)", &[("own", own)]), observer);
    let running = placed(filled("$own::InProgress::new(observer)", &[("own", own)]), observer);
    let borrowed = placed(parsed("&observer"), observer);
    let result = placed(parsed("result"), returned.unwrap_or(observer));
    let (own_part, result_part, borrowed_part) = (("own", own), ("result", &result), ("borrowed", &borrowed));
    let count = match counted {
        Some(counted) => filled(
            "$own::CountErrors::count_errors_if($result, $borrowed, $counted)",
            &[("counted", counted), own_part, result_part, borrowed_part],
        ),
        None => filled("$own::CountErrors::count_errors($result, $borrowed)", &[own_part, result_part, borrowed_part]),
    };
    let none = TokenStream::new();
    let parts = [
        ("own", own),
        ("body", &body),
        ("returned", returned.unwrap_or(&none)),
        ("count", &count),
        ("timer", &timer),
        ("running", &running),
    ];
    let inner = filled(inner, &parts);
    filled(
        "use $own::__private::Own as _;
        match ($observer).__picometer_own() { observer => { $inner } }",
        &[("own", own), ("observer", observer), ("inner", &inner)],
    )
}
