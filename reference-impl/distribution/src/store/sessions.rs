//! Upload sessions.
//!
//! A chunk is all or nothing: bytes are appended to `data`, and only when the whole chunk has arrived does `state` name
//! the new offset. An interrupted chunk leaves bytes behind the offset, which the next one cuts off. Sessions are not
//! flushed to disk: a killed server finds them again, and after a loss of power the digest that closes the session
//! tells whether the bytes survived.

use super::{
    Store,
    files::{Doing as _, if_found},
};
use crate::{
    digest::Hasher,
    errors::StoreError,
    path::Name,
    rules::{Rule, Rules},
};
use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

/// One upload in progress.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) repository: Name,
    folder: PathBuf,
    offset: AtomicU64,
    closed: AtomicBool,
    /// Whether the last chunk came without Content-Range.
    pub(crate) streamed: AtomicBool,
    /// Whether a chunk below the announced minimum came; it must have been the last.
    pub(crate) short: AtomicBool,
    /// Requests that write take turns here. The value has seen the bytes before the offset; it is lost by a restart.
    pub(crate) turn: AsyncMutex<Option<Hasher>>,
}

impl Session {
    /// Bytes acknowledged so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset.load(Ordering::Acquire)
    }

    /// Acknowledges the bytes before `offset`, once they are saved.
    pub(crate) fn acknowledge(&self, offset: u64) {
        self.offset.store(offset, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn data_path(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn state_path(&self) -> PathBuf {
        self.folder.join("state")
    }
}

/// The sessions this process has seen; the others are found on disk when somebody asks.
#[derive(Default)]
pub(super) struct Sessions {
    known: Mutex<HashMap<String, Arc<Session>>>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens a session (dist.push.blob.postput.02).
    pub(crate) fn open_session(&self, name: &Name) -> Result<Arc<Session>, StoreError> {
        let of_repository = |session: &&Arc<Session>| &session.repository == name && !session.is_closed();
        if self.rules.breaks(Rule::SessionUnique)
            && let Some(session) = self.sessions.lock().values().find(of_repository)
        {
            return Ok(session.clone());
        }
        if self.rules.breaks(Rule::ConcurrentSessions) {
            self.remove_sessions_of(name)?;
        }
        let id = if self.rules.breaks(Rule::SessionUniqueAtOnce) {
            self.faults.session_id(name.as_str())
        } else if self.rules.breaks(Rule::SessionUuid) {
            let taken = self.files.names(&self.files.root().join("uploads"))?;
            (1..).map(|n: u64| n.to_string()).find(|n| !taken.contains(n)).unwrap_or_default()
        } else {
            Uuid::new_v4().to_string()
        };
        self.create_session(name, id)
    }

    fn create_session(&self, name: &Name, id: String) -> Result<Arc<Session>, StoreError> {
        let folder = self.files.root().join("uploads").join(&id);
        fs::create_dir_all(&folder).doing("create", &folder)?;
        let session = Arc::new(session(id, name.clone(), folder, 0));
        File::create(session.data_path()).doing("create", &session.data_path())?;
        self.save_session(&session.state_path(), name, 0)?;
        Ok(self.sessions.lock().entry(session.id.clone()).or_insert(session).clone())
    }

    /// The session, if it is open, belongs to that repository, and did not expire (dist.push.blob.cancel.03).
    pub(crate) fn session(&self, name: &Name, id: &str, timeout: Duration) -> Result<Option<Arc<Session>>, StoreError> {
        // The id becomes a path.
        if id.len() != 36 && self.rules.holds(Rule::SessionUuid)
            || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return Ok(None);
        }
        let known = self.sessions.lock().get(id).cloned();
        let session = match known {
            Some(session) => session,
            None => match self.load_session(id)? {
                Some(session) => session,
                None if self.rules.breaks(Rule::SessionUnknown) => {
                    return self.create_session(name, id.to_owned()).map(Some);
                }
                None => return Ok(None),
            },
        };
        if self.expired(&session, timeout) {
            self.remove_session(&session)?;
        }
        let own = &session.repository == name || self.rules.breaks(Rule::SessionIsolation);
        Ok((own && !session.is_closed()).then_some(session))
    }

    fn load_session(&self, id: &str) -> Result<Option<Arc<Session>>, StoreError> {
        let folder = self.files.root().join("uploads").join(id);
        let path = folder.join("state");
        let Some(state) = if_found(fs::read_to_string(&path)).doing("read", &path)? else { return Ok(None) };
        let parsed = state.split_once(' ').and_then(|(offset, name)| {
            // Names were judged when the session was opened.
            Some((
                offset.parse().ok()?,
                Name::parse(name, &Rules::breaking([Rule::NameLowerCase, Rule::NameSeparators]))?,
            ))
        });
        let Some((offset, name)) = parsed else { return Ok(None) };
        if !folder.join("data").is_file() {
            // Killed when its content had become a blob already.
            if_found(fs::remove_dir_all(&folder)).doing("remove", &folder)?;
            return Ok(None);
        }
        let session = Arc::new(session(id.to_owned(), name, folder, offset));
        // Two requests may load it at once; both use the one that came first.
        Ok(Some(self.sessions.lock().entry(id.to_owned()).or_insert(session).clone()))
    }

    /// Remembers how far a session is.
    pub(crate) fn save_session(&self, state: &Path, repository: &Name, offset: u64) -> Result<(), StoreError> {
        self.files.write_volatile(state, &[format!("{offset} {repository}").as_bytes()])
    }

    /// Ends a session. A request that is still writing to it finds it closed when it is done.
    pub(crate) fn remove_session(&self, session: &Session) -> Result<(), StoreError> {
        session.closed.store(true, Ordering::Release);
        self.sessions.lock().remove(&session.id);
        if_found(fs::remove_dir_all(&session.folder)).doing("remove", &session.folder)?;
        Ok(())
    }

    /// Ends every session of a repository, which only faulty registries do.
    pub(crate) fn remove_sessions_of(&self, name: &Name) -> Result<(), StoreError> {
        let sessions: Vec<_> = self.sessions.lock().values().cloned().collect();
        sessions
            .iter()
            .filter(|session| &session.repository == name)
            .try_for_each(|session| self.remove_session(session))
    }

    /// Forgets sessions nobody used for `timeout`.
    pub(crate) fn sweep_sessions(&self, timeout: Duration) -> Result<(), StoreError> {
        for id in self.files.names(&self.files.root().join("uploads"))? {
            let known = self.sessions.lock().get(&id).cloned();
            let session = match known {
                Some(session) => Some(session),
                None => self.load_session(&id)?,
            };
            if let Some(session) = session.filter(|session| self.expired(session, timeout)) {
                self.remove_session(&session)?;
            }
        }
        Ok(())
    }

    fn expired(&self, session: &Session, timeout: Duration) -> bool {
        // A session that is being written to is in use, however slow the client is.
        if session.turn.try_lock().is_err() {
            return false;
        }
        let last_use = fs::metadata(session.state_path()).and_then(|state| state.modified());
        // A clock that was set back makes a session look younger, never older.
        last_use.is_ok_and(|at| at.elapsed().unwrap_or_default() > timeout)
    }
}

fn session(id: String, repository: Name, folder: PathBuf, offset: u64) -> Session {
    Session {
        id,
        repository,
        folder,
        offset: AtomicU64::new(offset),
        closed: AtomicBool::new(false),
        streamed: AtomicBool::new(false),
        short: AtomicBool::new(false),
        turn: AsyncMutex::new(None),
    }
}
