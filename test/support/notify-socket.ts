import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** The service manager's end of sd_notify: a datagram socket of the file system, which Node itself cannot open. */
export interface NotifySocket {
  readonly path: string;
  /** Every assignment that came, in order: "READY=1"... */
  told(): readonly string[];
}

// recv() without room for ancillary data drops the descriptor of BARRIER=1, which is the answer that a sender waits for.
const RECEIVER = `
use Socket; $| = 1;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($socket, pack_sockaddr_un($ARGV[0])) or die $!;
while (defined recv($socket, my $message, 65536, 0)) { $message =~ s/\\n?$/\\n/; print $message; }
`;

/** Opens one for this test. */
export async function openNotifySocket(): Promise<NotifySocket> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-notify-"));
  const place = path.join(folder, "notify");
  const receiver = spawn("perl", ["-e", RECEIVER, place], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    receiver.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  let text = "";
  receiver.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  for (let tries = 0; !existsSync(place); tries++) {
    if (tries > 500) throw new Error("the receiver did not start");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // Also for a program that runs as another user.
  chmodSync(folder, 0o755);
  chmodSync(place, 0o666);
  return {
    path: place,
    told: () => text.split("\n").filter((line) => line !== "" && line !== "BARRIER=1"),
  };
}
