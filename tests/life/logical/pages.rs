//! Pages, whole and in pieces, and what the oracle says of them.

use super::*;

impl Run<'_> {
    pub(super) fn samples(&self) -> Samples {
        let mut samples = self.recorded.clone();
        self.families.iter().filter(|family| family.registered).for_each(|family| family.samples(&mut samples));
        for foul in self.world.foul.iter().enumerate().filter(|(_, foul)| foul.mode.load(Ordering::Relaxed) == 0).map(|(at, _)| at) {
            samples.insert(key(&format!("foul_{foul}"), [("part", "1")]), 1.0);
        }
        if self.world.source.beside.is_some() {
            samples.insert(key(BESIDE, []), 7.0);
        }
        samples
    }

    /// Samples that may be gone.
    pub(super) fn optional(&self) -> BTreeSet<String> {
        let mut optional = Samples::new();
        for family in self.families.iter().filter(|family| family.registered) {
            for (values, series) in &family.series {
                if family.may_be_gone(series, self.world.now(), self.is_held(series.id)) {
                    family.series_samples(values, series, &mut optional);
                }
            }
        }
        optional.into_keys().collect()
    }

    /// What a page may have besides: what the library says of itself, of families that are foul, and buckets of native histograms.
    pub(super) fn known(&self, key: &str) -> bool {
        let native = |family: &Family| family.plan.kind == Kind::Native && key.starts_with(&format!("{}_bucket", family.name));
        key.starts_with("picometer_") || key.contains("_folded_total[") || key.starts_with("foul_") || self.families.iter().any(native)
    }

    /// What the registry beside the root shows, as zero, while the root has no such family.
    pub(super) fn is_beside(&self, name: &str) -> bool {
        self.world.source.beside.is_some() && self.families.iter().any(|family| name == key(&family.name, []))
    }

    pub(super) fn page(&mut self, thread: usize, format: Format, piece: usize) -> Result<(), String> {
        let bytes = if piece == 0 {
            self.threads[thread].run(move |world| page::written(&world.source, format))?
        } else {
            self.threads[thread].run(move |world| {
                let mut bytes = Vec::new();
                Exposition::new(&world.source, format).drain(&mut vec![0; piece], &mut |part| bytes.extend_from_slice(part));
                bytes
            })?
        };
        let mut window = Window::default();
        window.see(&self.samples(), &self.optional(), true);
        self.judge(format, bytes, &window)
    }

    pub(super) fn judge(&mut self, format: Format, bytes: Vec<u8>, window: &Window) -> Result<(), String> {
        let shown = |error: String| format!("{error}\non this page:\n{}", String::from_utf8_lossy(&bytes));
        let page = page::read(&bytes, format).map_err(shown)?;
        window.judge(&page, |key| self.known(key), |key| self.is_beside(key)).map_err(shown)?;
        self.shown(&page, |_| true);
        if self.pages.len() < 2 {
            self.pages.push((format, bytes));
        }
        Ok(())
    }

    /// Keeps in mind what a page showed; what it did not show any more is gone.
    pub(super) fn shown(&mut self, page: &Samples, of: impl Fn(usize) -> bool) {
        let now = self.world.now();
        let mut gone = Vec::new();
        for (at, family) in self.families.iter().enumerate().filter(|(at, family)| family.registered && of(*at)) {
            for (values, series) in &family.series {
                let mut samples = Samples::new();
                family.series_samples(values, series, &mut samples);
                let all = samples.iter().all(|(key, value)| page.get(key) == Some(value));
                let none = samples.keys().all(|key| !page.contains_key(key));
                if none && family.may_be_gone(series, now, self.is_held(series.id)) && !self.has(at, values) {
                    gone.push((at, values.clone(), false));
                } else if all {
                    gone.push((at, values.clone(), true));
                }
            }
        }
        for (at, values, stays) in gone {
            match self.families[at].series.get_mut(&values) {
                Some(series) if stays => series.shown = Some(series.state.clone()),
                _ => _ = self.families[at].series.remove(&values),
            }
        }
    }

    pub(super) fn part(&mut self, family: usize, by_request: bool) -> Result<(), String> {
        if !self.families[family].registered {
            return Ok(());
        }
        let name = self.families[family].name.clone();
        let source = &self.world.source;
        let bytes = if by_request {
            respond(&RequestParts::new("GET", format!("/metrics?name[]={name}")), source).body
        } else {
            page::written(&Restricted::new(source, [&name]), Format::Text004)
        };
        let page = page::read(&bytes, Format::Text004)?;
        let (mut own, optional) = (Samples::new(), self.optional());
        let mut same = Vec::new();
        for (at, other) in self.families.iter().enumerate().filter(|(_, other)| other.registered && other.name == name) {
            other.samples(&mut own);
            same.push(at);
        }
        let mut window = Window::default();
        window.see(&own, &optional, true);
        window
            .judge(&page, |key| self.known(key), |key| self.is_beside(key))
            .map_err(|error| format!("{error}\n{}", String::from_utf8_lossy(&bytes)))?;
        self.shown(&page, |at| same.contains(&at));
        Ok(())
    }

    pub(super) fn fill(&mut self) -> Result<(), String> {
        if self.open.is_some() {
            // Whether a series is in this piece, which may be the last one that is asked for, is not looked at.
            let registered = self.families.iter_mut().filter(|family| family.registered);
            registered.flat_map(|family| family.series.values_mut()).for_each(|series| series.passed = Some(series.state.clone()));
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let mut buffer = vec![0; open.piece];
        match open.exposition.fill(&mut buffer) {
            Ok(len) => open.bytes.extend_from_slice(&buffer[..len]),
            Err(FillError::BufferTooSmall { needed }) => open.piece = needed + 32,
            // Half of a series that was removed was sent: no scraper takes that page.
            Err(FillError::SeriesRemoved) if open.window.removed || self.families.iter().any(|family| family.plan.ttl.is_some()) => {
                self.open = None;
                return Ok(());
            }
            Err(error) => return Err(error.to_string()),
        }
        if open.exposition.is_done()
            && let Some(open) = self.open.take()
        {
            self.judge(open.exposition.format(), open.bytes, &open.window)?;
        }
        Ok(())
    }
}
