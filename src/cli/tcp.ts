import { createServer, type Server, type Socket } from "node:net";
import { Fault, messageOf } from "../domain/fault.ts";
import { createDeviceEnd, type Outlet, WAITING_BYTES_MAX } from "./device-end.ts";

/** Ports of simulators stay on this machine. */
const HOST = "127.0.0.1";

/** A port on the loopback network; one reader at a time, like a cable. Port 0 is any free one. Rejects with LINK_REFUSED. */
export async function openTcp(port: number): Promise<Outlet> {
  const server = createServer();
  let reader: Socket | undefined;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    reader?.end();
    reader?.destroySoon();
    await closed;
  };
  const end = createDeviceEnd(close);
  server.on("connection", (socket) => {
    if (reader !== undefined) {
      socket.destroy();
      return;
    }
    reader = socket;
    socket.setNoDelay(true);
    // A reader that breaks off is one that has gone; "close" follows.
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => end.hear(bytes));
    socket.on("close", () => {
      reader = undefined;
      end.attach(undefined);
    });
    end.attach((bytes) => {
      if (!socket.writable || socket.writableLength > WAITING_BYTES_MAX) return false;
      socket.write(bytes);
      return true;
    });
  });
  await listening(server, port);
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    address: `tcp:${HOST}:${actual}`,
    link: end.link,
    opened: end.opened,
    get lostBytes() {
      return end.lostBytes;
    },
    close,
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) =>
      reject(
        new Fault("LINK_REFUSED", `The port ${HOST}:${port} cannot be used: ${messageOf(error)}.`, {
          fix: "Choose another port; tcp:0 takes any free one.",
          permanent: true,
          cause: error,
        }),
      ),
    );
    server.listen(port, HOST);
  });
}
