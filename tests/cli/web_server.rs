//! A web server for tests: it keeps what it is sent, and answers as the test says.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// What the server does about a request.
pub(crate) enum Answer {
    /// Answers with this status; lines behind it are headers.
    Status(&'static str),
    /// Closes the connection in the middle of the answer.
    HangUp,
    /// Answers nothing, and waits until the client gives up.
    Silence,
}

pub(crate) const OK: Answer = Answer::Status("204 No Content");

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A server on a port of this machine. It ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Starts one that answers by the number of the request, from 0, and by the request itself.
    pub(crate) fn start(
        answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let (requests, connections) = (Arc::default(), Arc::default());
        let server = Self { address, requests, connections };
        let (requests, connections) =
            (Arc::clone(&server.requests), Arc::clone(&server.connections));
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                connections.fetch_add(1, Ordering::Relaxed);
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                thread::spawn(move || converse(stream, &requests, answer.as_ref()));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no answer panics").clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.body).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Answers requests until one side closes the connection.
fn converse(
    stream: TcpStream,
    requests: &Mutex<Vec<Request>>,
    answer: &dyn Fn(usize, &Request) -> Answer,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    let mut writer = stream;
    while let Some(request) = read(&mut reader) {
        let number = {
            let mut requests = requests.lock().expect("no answer panics");
            requests.push(request.clone());
            requests.len() - 1
        };
        let text = match answer(number, &request) {
            Answer::Status(status) if status.starts_with("204") => {
                format!("HTTP/1.1 {status}\r\n\r\n")
            }
            Answer::Status(status) => {
                format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nhello")
            }
            Answer::HangUp => {
                let _ = writer.write_all(b"HTTP/1.1 20");
                return;
            }
            Answer::Silence => {
                let _ = reader.read(&mut [0]);
                return;
            }
        };
        // The client may be gone.
        let _ = writer.write_all(text.as_bytes());
    }
}

/// Reads a request whose length is given; nothing if the connection is closed.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length?.parse().expect("the length is a number")];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).expect("the body is UTF-8") })
}
