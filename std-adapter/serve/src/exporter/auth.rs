//! Who may see the metrics: bearer tokens (RFC 6750), names and passwords (RFC 7617).

use std::hash::{BuildHasher, RandomState};

/// Hashes secrets under keys of this process. The time of a comparison does not tell how much of a guess was right, and the
/// secrets themselves are not kept.
#[derive(Clone, Debug, Default)]
struct Seal([RandomState; 2]);

impl Seal {
    fn of(&self, secret: &[u8]) -> u128 {
        self.0.iter().fold(0, |sealed, key| sealed << 64 | u128::from(key.hash_one(secret)))
    }
}

/// What a scraper must know: sent as `Authorization: Bearer …`.
///
/// ```
/// use picometer_std::exporter::BearerToken;
///
/// let token = BearerToken::new("mF_9.B5f-4.1JqM").expect("the token is not empty");
/// assert_eq!(format!("{token:?}"), "BearerToken(..)");
/// assert!(BearerToken::new(" \n").is_none());
/// ```
pub struct BearerToken(String);

impl BearerToken {
    /// A token, without blanks and line ends around it as files have them; `None` if nothing is left, which would let everybody in.
    pub fn new(token: impl AsRef<str>) -> Option<Self> {
        let token = token.as_ref().trim();
        (!token.is_empty()).then(|| Self(token.to_owned()))
    }
}

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

/// Everybody, as long as nothing is required.
#[derive(Debug, Default)]
pub(super) struct Auth {
    seal: Seal,
    tokens: Vec<u128>,
    #[cfg(feature = "basic-auth")]
    users: Option<basic::Users>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Granted,
    Denied,
    /// To be asked of [`Auth::verify`], which takes its time: the credentials under this seal.
    #[cfg_attr(not(feature = "basic-auth"), expect(dead_code, reason = "only passwords take time"))]
    Unverified(u128),
}

impl Auth {
    pub(super) fn add_token(&mut self, token: &BearerToken) {
        self.tokens.push(self.seal.of(token.0.as_bytes()));
    }

    /// Says at once what can be said at once.
    pub(super) fn check(&self, authorization: &str) -> Verdict {
        if !self.is_required() {
            return Verdict::Granted;
        }
        let (scheme, credentials) = authorization.split_once(' ').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") {
            let sealed = self.seal.of(credentials.trim().as_bytes());
            // Every token is compared, wherever the right one is.
            let granted = self.tokens.iter().fold(false, |granted, token| granted | (*token == sealed));
            return if granted { Verdict::Granted } else { Verdict::Denied };
        }
        #[cfg(feature = "basic-auth")]
        if let (Some(users), true) = (&self.users, scheme.eq_ignore_ascii_case("basic")) {
            return users.remembered(self.seal.of(credentials.trim().as_bytes()));
        }
        Verdict::Denied
    }

    /// Whether credentials are asked for that do not exist.
    pub(super) fn has_no_users(&self) -> bool {
        #[cfg(feature = "basic-auth")]
        if let Some(users) = &self.users {
            return users.is_empty() && self.tokens.is_empty();
        }
        false
    }

    /// What a client is told to bring.
    pub(super) fn challenge(&self) -> &'static str {
        #[cfg(feature = "basic-auth")]
        match (&self.users, self.tokens.is_empty()) {
            (Some(_), true) => return "Basic realm=\"metrics\", charset=\"UTF-8\"",
            (Some(_), false) => return "Basic realm=\"metrics\", charset=\"UTF-8\", Bearer realm=\"metrics\"",
            (None, _) => {}
        }
        "Bearer realm=\"metrics\""
    }

    fn is_required(&self) -> bool {
        #[cfg(feature = "basic-auth")]
        if self.users.is_some() {
            return true;
        }
        !self.tokens.is_empty()
    }

    #[cfg(feature = "basic-auth")]
    pub(super) fn set_users(&mut self, users: BasicAuth) {
        self.users = Some(basic::Users::new(users));
    }

    /// Computes what [`check`](Self::check) could not say, and remembers it.
    pub(super) fn verify(&self, authorization: &str) -> bool {
        #[cfg(feature = "basic-auth")]
        if let (Some(users), Some((_, credentials))) = (&self.users, authorization.split_once(' ')) {
            return users.verify(credentials.trim(), self.seal.of(credentials.trim().as_bytes()));
        }
        let _ = authorization;
        false
    }
}

#[cfg(feature = "basic-auth")]
pub use basic::{BasicAuth, BasicAuthError};

#[cfg(feature = "basic-auth")]
mod basic {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::Verdict;

    /// Names of users and the bcrypt hashes of their passwords, as `htpasswd -nbBC 10 NAME PASSWORD` writes them.
    ///
    /// A hash is computed once for a password that was sent, right or wrong, on a thread of its own; scrapes that follow cost
    /// nanoseconds, and wait for no other password. First guesses take turns by address, so that an address with many of them
    /// holds up no other.
    ///
    /// ```
    /// use picometer_std::exporter::BasicAuth;
    ///
    /// let users = BasicAuth::new().user(
    ///     "prometheus",
    ///     "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    /// )?;
    /// assert!(users.user("other", "a password in the clear").is_err());
    /// # Ok::<(), picometer_std::exporter::BasicAuthError>(())
    /// ```
    #[derive(Clone, Default)]
    pub struct BasicAuth(HashMap<String, String>);

    impl BasicAuth {
        /// No user yet, which lets none in.
        pub fn new() -> Self {
            Self::default()
        }

        /// Adds a user.
        ///
        /// ```
        /// # use picometer_std::exporter::BasicAuth;
        /// // From `htpasswd -nB me`.
        /// let hash = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
        /// let users = BasicAuth::new().user("me", hash).unwrap();
        /// assert!(BasicAuth::new().user("me", "secret").is_err(), "no hash");
        /// ```
        ///
        /// # Errors
        ///
        /// [`BasicAuthError`] if the name has a colon or the hash is not one of bcrypt.
        pub fn user(mut self, name: impl Into<String>, hash: impl Into<String>) -> Result<Self, BasicAuthError> {
            let (name, hash) = (name.into(), hash.into());
            if name.contains(':') {
                return Err(BasicAuthError::ColonInName(name));
            }
            // The form alone, which every password has to be compared with, wrong ones too.
            if bcrypt::verify("", &hash).is_err() {
                return Err(BasicAuthError::NotBcrypt { user: name });
            }
            self.0.insert(name, hash);
            Ok(self)
        }
    }

    impl std::fmt::Debug for BasicAuth {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_set().entries(self.0.keys()).finish()
        }
    }

    /// Error returned by [`BasicAuth::user`].
    ///
    /// ```
    /// use picometer_std::exporter::{BasicAuth, BasicAuthError};
    ///
    /// assert_eq!(
    ///     BasicAuth::new().user("a:b", "").unwrap_err(),
    ///     BasicAuthError::ColonInName("a:b".into())
    /// );
    /// ```
    #[derive(Clone, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum BasicAuthError {
        /// The name has a colon, which ends names on the wire.
        ColonInName(String),
        /// What was given for a hash is none; it is not repeated here, because it may be the password.
        NotBcrypt {
            /// Whose.
            user: String,
        },
    }

    impl std::fmt::Display for BasicAuthError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Self::ColonInName(name) => write!(f, "the user name {name:?} has a colon, which ends names on the wire"),
                Self::NotBcrypt { user } => write!(f, "the password of {user:?} is no bcrypt hash, as `htpasswd -nbBC 10` makes them"),
            }
        }
    }

    picometer::__speaks!(BasicAuthError);
    impl std::error::Error for BasicAuthError {}

    pub(super) struct Users {
        users: BasicAuth,
        /// What was found out about credentials under their seals.
        known: Mutex<HashMap<u128, bool>>,
    }

    impl std::fmt::Debug for Users {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.users.fmt(f)
        }
    }

    /// Guesses fill the memory up to here.
    const MOST_KNOWN: usize = 1_024;

    impl Users {
        pub(super) fn new(users: BasicAuth) -> Self {
            Self { users, known: Mutex::default() }
        }

        pub(super) fn is_empty(&self) -> bool {
            self.users.0.is_empty()
        }

        pub(super) fn remembered(&self, sealed: u128) -> Verdict {
            match self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&sealed) {
                Some(true) => Verdict::Granted,
                Some(false) => Verdict::Denied,
                None => Verdict::Unverified(sealed),
            }
        }

        pub(super) fn verify(&self, credentials: &str, sealed: u128) -> bool {
            let granted = self.is_right(credentials).unwrap_or(false);
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_KNOWN {
                // The wrong ones first; if a thousand are right, those too.
                known.retain(|_, granted| *granted);
                if known.len() >= MOST_KNOWN {
                    known.clear();
                }
            }
            known.insert(sealed, granted);
            granted
        }

        fn is_right(&self, credentials: &str) -> Option<bool> {
            let text = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
            let (name, password) = text.split_once(':')?;
            let hash = self.users.0.get(name);
            // An unknown name takes as long as a known one.
            let any = hash.or_else(|| self.users.0.values().next())?;
            let right = bcrypt::verify(password, any).unwrap_or(false);
            Some(right & hash.is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_compared_whole() {
        let mut auth = Auth::default();
        assert_eq!(auth.check(""), Verdict::Granted);
        auth.add_token(&BearerToken::new("first\n").unwrap());
        auth.add_token(&BearerToken::new("second").unwrap());
        for good in ["Bearer first", "bearer second", "BEARER  first "] {
            assert_eq!(auth.check(good), Verdict::Granted, "{good}");
        }
        for bad in ["", "Bearer", "Bearer ", "Bearer firs", "Bearer first second", "Basic first", "first"] {
            assert_eq!(auth.check(bad), Verdict::Denied, "{bad}");
        }
    }

    #[cfg(feature = "basic-auth")]
    #[test]
    fn passwords_are_verified_once() {
        let mut auth = Auth::default();
        // Of "secret", at the lowest cost.
        let hash = bcrypt::hash("secret", 4).unwrap();
        auth.set_users(BasicAuth::new().user("me", hash).unwrap());
        let right = "Basic bWU6c2VjcmV0"; // me:secret
        assert!(matches!(auth.check(right), Verdict::Unverified(_)));
        assert!(auth.verify(right));
        assert_eq!(auth.check(right), Verdict::Granted);
        for wrong in ["Basic bWU6c2VjcmVU", "Basic eW91OnNlY3JldA==", "Basic !", "Basic bWU="] {
            assert!(matches!(auth.check(wrong), Verdict::Unverified(_)), "{wrong}");
            assert!(!auth.verify(wrong), "{wrong}");
            assert_eq!(auth.check(wrong), Verdict::Denied, "{wrong}");
        }
        assert_eq!(auth.check("Bearer bWU6c2VjcmV0"), Verdict::Denied);
    }
}
