//! A page as text.

use picometer::Exposition;

struct Sink(Vec<u8>);

impl embedded_io::ErrorType for Sink {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

pub fn text(page: &Exposition<'_>) -> String {
    let mut sink = Sink(Vec::new());
    page.write_to(&mut sink).unwrap();
    String::from_utf8(sink.0).expect("a page is UTF-8")
}
