//! Where the socket of the owner is: in the data folder, however long its path.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::path::PathBuf;

use rustix::net::sockopt::socket_peercred;
use rustix::process::getuid;
use tempfile::TempDir;

/// The name of the socket in the data folder.
const NAME: &str = "socket";

/// The bytes that the path of a socket may have (`sun_path` of Linux, without its NUL).
const LONGEST: usize = 107;

/// A path of the socket that is short enough, as long as this lives.
struct Path107 {
    path: PathBuf,
    _link: Option<TempDir>,
}

/// Listens in `folder`, whose lock the caller holds: whatever lies there is of an owner that is dead.
pub(super) fn bind(folder: &Path) -> io::Result<UnixListener> {
    remove(folder);
    let listener = UnixListener::bind(short(folder)?.path)?;
    let for_this_user = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.join(NAME), for_this_user)?;
    Ok(listener)
}

/// Takes the socket away.
pub(super) fn remove(folder: &Path) {
    // Whether it was there makes no difference, and what cannot be removed fails when it is bound.
    let _ = std::fs::remove_file(folder.join(NAME));
}

/// Reaches whoever listens in `folder`.
pub(in crate::commands) fn connect(folder: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(short(folder)?.path)
}

/// Whether the process at the other end runs as the same user.
pub(in crate::commands) fn is_of_this_user(connection: &UnixStream) -> bool {
    socket_peercred(connection).is_ok_and(|peer| peer.uid == getuid())
}

fn short(folder: &Path) -> io::Result<Path107> {
    let path = folder.join(NAME);
    if path.as_os_str().len() <= LONGEST {
        return Ok(Path107 { path, _link: None });
    }
    let dir = tempfile::Builder::new().prefix("chabei-").tempdir()?;
    let link = dir.path().join("data");
    std::os::unix::fs::symlink(folder.canonicalize()?, &link)?;
    Ok(Path107 { path: link.join(NAME), _link: Some(dir) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_reached_however_deep_its_folder_lies_and_only_by_its_user() {
        let dir = tempfile::tempdir().unwrap();
        for folder in [dir.path().to_owned(), dir.path().join("深".repeat(60))] {
            std::fs::create_dir_all(&folder).unwrap();
            for _ in 0..2 {
                // The second one finds what the first one left.
                let listener = bind(&folder).unwrap();
                let connection = connect(&folder).unwrap();
                assert!(is_of_this_user(&connection));
                assert!(listener.accept().is_ok());
                let mode = std::fs::metadata(folder.join(NAME)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
            }
            assert_eq!(
                connect(&folder).unwrap_err().kind(),
                io::ErrorKind::ConnectionRefused,
                "nobody listens any more"
            );
            remove(&folder);
            assert_eq!(connect(&folder).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
