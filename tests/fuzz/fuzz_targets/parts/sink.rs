//! A page as text.

use picometer::Exposition;

pub fn text(page: &Exposition<'_>) -> String {
    let mut bytes = Vec::new();
    page.write_to(&mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("a page is UTF-8")
}
