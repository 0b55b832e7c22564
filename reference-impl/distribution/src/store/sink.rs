//! A file that content is written to and hashed on the way.

use super::files::Doing as _;
use crate::{
    digest::{Algorithm, Hasher},
    errors::StoreError,
};
use bytes::Bytes;
use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// Bytes hashed at a time when a session is taken up again.
const BUFFER: usize = 256 * 1024;

pub(crate) struct Sink {
    pub(crate) path: PathBuf,
    /// Has seen exactly the bytes before `position`.
    pub(crate) hasher: Hasher,
    /// Bytes in the file.
    pub(crate) position: u64,
    file: File,
    /// Whether the file goes with this value, unless it was given a name before.
    temporary: bool,
}

impl Sink {
    /// Starts a file of its own.
    pub(crate) fn create(path: PathBuf, algorithm: Algorithm) -> Result<Self, StoreError> {
        let file = File::create_new(&path).doing("create", &path)?;
        Ok(Self { path, hasher: Hasher::new(algorithm), position: 0, file, temporary: true })
    }

    /// Goes on at `position`. What lies behind it was never acknowledged and is `cut` off. Without a `hasher` that has seen
    /// the bytes before, they are read again: after a restart, or when the closing digest names another algorithm.
    pub(crate) fn resume(
        path: &Path,
        position: u64,
        hasher: Option<Hasher>,
        algorithm: Algorithm,
        cut: bool,
    ) -> Result<Self, StoreError> {
        let mut file = OpenOptions::new().read(true).write(true).open(path).doing("open", path)?;
        if cut {
            file.set_len(position).doing("cut", path)?;
        }
        let hasher = match hasher {
            Some(hasher) if hasher.algorithm() == algorithm => hasher,
            _ => rehash(&mut file, algorithm).doing("read", path)?,
        };
        file.seek(if cut { SeekFrom::Start(position) } else { SeekFrom::End(0) }).doing("seek in", path)?;
        Ok(Self { path: path.to_owned(), hasher, position, file, temporary: false })
    }

    /// Appends.
    pub(crate) fn absorb(&mut self, batch: &[Bytes]) -> Result<(), StoreError> {
        for bytes in batch {
            self.hasher.update(bytes);
            self.file.write_all(bytes).doing("write", &self.path)?;
            self.position += bytes.len() as u64;
        }
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if self.temporary {
            // Absent after it was published; otherwise the next start empties the folder.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn rehash(file: &mut File, algorithm: Algorithm) -> std::io::Result<Hasher> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; BUFFER];
    file.seek(SeekFrom::Start(0))?;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher),
            n => hasher.update(&buffer[..n]),
        }
    }
}
