//! Opens files of a directory that others can write to.
//!
//! A name there may be a link, a FIFO or a device: a link leads elsewhere, a FIFO blocks, and a device does something when it is opened.
//! So a name is looked at before it is opened, opened without following or waiting, and looked at again, because it may have changed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

const FLAGS: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// Opens a regular file. `None` if there is something else.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let file = options.custom_flags(FLAGS.bits() as i32).open(path)?;
    Ok(if file.metadata()?.is_file() { Some(file) } else { None })
}

/// Opens a regular file to lock it, and makes it if there is none.
///
/// # Errors
///
/// Returns `InvalidInput` if the name is that of something else, which is left alone.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    // Another process may make or remove it in between.
    for _ in 0..16 {
        match open(path, OpenOptions::new().read(true)) {
            Ok(Some(file)) => return Ok(file),
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        match create(path) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not a regular file", path.display())))
}

/// Makes a file to write to, in place of whatever has the name: of a link the link goes, and not what it leads to.
pub(crate) fn replace(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => create(path),
    }
}

fn create(path: &Path) -> io::Result<File> {
    // `O_EXCL` follows no link.
    OpenOptions::new().write(true).create_new(true).mode(0o644).custom_flags(FLAGS.bits() as i32).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::symlink;

    #[test]
    #[cfg_attr(miri, ignore = "files of the system")]
    fn links_are_neither_read_nor_written_through() {
        let folder = std::env::temp_dir().join(format!("picometer-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (victim, link, dangling) = (folder.join("victim"), folder.join("link"), folder.join("dangling"));
        fs::write(&victim, "as it was").unwrap();
        symlink(&victim, &link).unwrap();
        symlink(folder.join("nowhere"), &dangling).unwrap();
        assert!(open(&link, OpenOptions::new().read(true)).unwrap().is_none());
        for link in [&link, &dangling] {
            assert_eq!(open_lock(link).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            replace(link).unwrap().write_all(b"new").unwrap();
        }
        assert_eq!((fs::read(&victim).unwrap(), folder.join("nowhere").exists()), (b"as it was".to_vec(), false));
        let mut text = String::new();
        open(&link, OpenOptions::new().read(true)).unwrap().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "new");
        assert_eq!(open_lock(&folder).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        open_lock(&folder.join("lock")).unwrap();
        open_lock(&folder.join("lock")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
