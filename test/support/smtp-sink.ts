import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface SmtpSink {
  readonly url: string;
  /** Mails as they were taken, headers and all. */
  readonly mails: string[];
  /** What it answers to the text of a mail; null hangs up on it. */
  answer: string | null;
  close(): void;
}

/** A mail server on loopback that takes what it is told to take (RFC 5321, the least of it). */
export async function startSmtpSink(): Promise<SmtpSink> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let received = '';
    let isText = false;
    socket.write('220 sink\r\n');
    socket.on('data', chunk => {
      received += chunk.toString();
      for (let end = received.indexOf('\r\n'); end >= 0 || isText; end = received.indexOf('\r\n')) {
        if (isText) {
          const over = received.indexOf('\r\n.\r\n');
          if (over < 0) return;
          const text = received.slice(0, over);
          received = received.slice(over + 5);
          isText = false;
          if (sink.answer?.startsWith('2')) sink.mails.push(text);
          if (sink.answer === null) socket.destroy();
          else socket.write(`${sink.answer}\r\n`);
          continue;
        }
        const command = received.slice(0, end).toUpperCase();
        received = received.slice(end + 2);
        isText = command === 'DATA';
        socket.write(isText ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 OK\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sink: SmtpSink = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails: [],
    answer: '250 taken',
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return sink;
}
