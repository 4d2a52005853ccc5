// Loaded before a program of ours (NODE_OPTIONS=--import=...): writes down every place that it tries to reach.

import dgram from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

const file = process.env.BREATHWATCH_CONNECTIONS;
/** @param {{ how: string, host: string, port?: number }} place */
const note = (place) => {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(place)}\n`);
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function connectAndTell(...given) {
  const [first] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === "object" && first !== null && typeof first.path !== "string") {
    note({ how: "tcp", host: first.host ?? "localhost", port: Number(first.port) });
  }
  return connect.apply(this, given);
};
const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function sendAndTell(...given) {
  note({ how: "udp", host: given.find((one) => typeof one === "string") ?? "connected" });
  return send.apply(this, given);
};
for (const name of ["lookup", "resolve", "resolve4", "resolve6", "resolveTxt", "resolveSrv"]) {
  for (const from of [dns, dns.promises]) {
    const real = from[name];
    from[name] = (host, ...rest) => {
      note({ how: "dns", host: String(host) });
      return real.call(from, host, ...rest);
    };
  }
}
syncBuiltinESMExports();
