import { pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { homeRole, mosquittoConfig, mosquittoUsersFile } from "../../../src/bus/mosquitto.ts";
import { createMosquittoUsers } from "../../../src/bus/mosquitto-users.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Bus } from "../../../src/port/bus.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

const user = "abcdefghij.boxaaaaaaa";
const plan = { folder: "/var/lib/m", port: 1883, plugin: "/usr/lib/p.so" };

describe("the configuration of Mosquitto", () => {
  test("lets nobody in without a name, and other machines only over TLS", () => {
    const text = mosquittoConfig({ ...plan, tls: { port: 8883, certFile: "/c.pem", keyFile: "/k.pem" } });
    const lines = text.split("\n");
    expect(lines).toContain("allow_anonymous false");
    expect(lines).toContain("set_tcp_nodelay true");
    const listeners = lines.filter((line) => line.startsWith("listener "));
    expect(listeners).toEqual(["listener 1883 127.0.0.1", "listener 8883"]);
    expect(lines.indexOf("certfile /c.pem")).toBeGreaterThan(lines.indexOf("listener 8883"));
    expect(mosquittoConfig(plan)).not.toContain("listener 8883");
  });

  test("takes no path that would be a line of its own", () => {
    for (const wrong of [{ folder: "/x\nallow_anonymous true" }, { plugin: "/p\r" }, { user: "a\nb" }]) {
      expect(() => mosquittoConfig({ ...plan, ...wrong })).toThrow(RangeError);
    }
  });
});

describe("the users file of Mosquitto", () => {
  test("holds passwords as Mosquitto hashes them, and none in the clear", () => {
    const secrets = { hubPassword: "hub secret", boxes: [{ user, password: "box secret" }] };
    const text = mosquittoUsersFile(secrets, createSeededRandom(1));
    expect(text).not.toMatch(/hub secret|box secret/);
    const { clients } = JSON.parse(text) as {
      clients: { username: string; password: string; salt: string; iterations: number; clientid?: string }[];
    };
    expect(clients.map(({ username, clientid }) => [username, clientid])).toEqual([
      ["hub", undefined],
      [user, user],
    ]);
    for (const [n, secret] of ["hub secret", "box secret"].entries()) {
      const { password, salt, iterations } = clients[n]!;
      const hash = pbkdf2Sync(secret, Buffer.from(salt, "base64"), iterations, 64, "sha512");
      expect(password).toBe(hash.toString("base64"));
    }
    expect(clients[0]!.salt).not.toBe(clients[1]!.salt);
  });

  test("takes nobody who is no box", () => {
    const secrets = { hubPassword: "x", boxes: [{ user: "hub", password: "x" }] };
    expect(() => mosquittoUsersFile(secrets, createSeededRandom(1))).toThrow(RangeError);
  });
});

/** A plugin that answers as told, to everybody at once as the real one does. */
function plugin(answer: (order: { command: string; correlationData: string }) => object | undefined) {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const orders: { command: string; at: number }[] = [];
  const listeners = new Set<(topic: string, payload: string, retained: boolean) => void>();
  const bus: Bus = {
    connected: true,
    publish(_topic, payload) {
      const [order] = (JSON.parse(payload) as { commands: { command: string; correlationData: string }[] })
        .commands;
      orders.push({ command: order!.command, at: clock.mono() });
      const answered = answer(order!);
      if (answered !== undefined) {
        const response = { command: order!.command, correlationData: order!.correlationData, ...answered };
        queueMicrotask(() => {
          for (const listener of listeners) {
            listener("x", "no JSON", false);
            listener(
              "x",
              JSON.stringify({ responses: [{ command: "other", correlationData: "another" }] }),
              false,
            );
            listener("x", JSON.stringify({ responses: [response] }), false);
          }
        });
      }
      return Promise.resolve();
    },
    subscribe(_filter, handler) {
      listeners.add(handler);
      return () => listeners.delete(handler);
    },
    onConnected: () => () => undefined,
    close: () => Promise.resolve(),
  };
  const users = createMosquittoUsers({ bus, clock, random: createSeededRandom(1) });
  const during = async <T>(work: Promise<T>, ms: number): Promise<T | Fault> => {
    const settled = work.catch((error: unknown) => error as Fault);
    for (let step = 0; step < 20; step++) {
      await settle();
      await clock.advance(ms / 20);
    }
    return settled;
  };
  return { users, orders, listeners, clock, during };
}

describe("users of a Mosquitto that runs", () => {
  test("are added with the rights of their home, and changed where they are there already", async () => {
    const fresh = plugin(() => ({}));
    await fresh.during(fresh.users.put(user, "x"), 1_000);
    expect(fresh.orders.map(({ command }) => command)).toEqual(["createRole", "createClient"]);
    const known = plugin(({ command }) => {
      if (command === "createRole") return { error: "Role already exists" };
      return command === "createClient" ? { error: "Client already exists" } : {};
    });
    await known.during(known.users.put(user, "x"), 1_000);
    expect(known.orders.map(({ command }) => command)).toEqual([
      "createRole",
      "createClient",
      "modifyClient",
    ]);
    expect(known.listeners.size).toBe(0);
  });

  test("take the rights of their home along, unless another box of it is there", async () => {
    const role = homeRole("abcdefghij").name;
    for (const [others, orders] of [
      [[], ["deleteClient", "listClients", "listRoles", "deleteRole"]],
      [["abcdefghij.boxbbbbbbb"], ["deleteClient", "listClients"]],
    ] as const) {
      const said = plugin(({ command }) => {
        if (command === "listClients")
          return { data: { totalCount: 1 + others.length, clients: ["hub", ...others] } };
        return command === "listRoles" ? { data: { totalCount: 2, roles: ["hub", role] } } : {};
      });
      await said.during(said.users.remove(user), 1_000);
      expect(said.orders.map(({ command }) => command)).toEqual(orders);
    }
  });

  test("are listed page by page", async () => {
    const all = Array.from(
      { length: 4_500 },
      (_, n) =>
        `abcdefghij.${String(n)
          .padStart(10, "a")
          .replaceAll(/[0189]/g, "b")}`,
    );
    const said = plugin((order) => {
      const { count, offset } = order as unknown as { count: number; offset: number };
      return { data: { totalCount: all.length, clients: all.slice(offset, offset + count) } };
    });
    expect(await said.during(said.users.list(), 1_000)).toEqual(all);
    expect(said.orders).toHaveLength(3);
  });

  test("are changed one at a time, also when many ask at once", async () => {
    let open = 0;
    const said = plugin(() => {
      open++;
      expect(open).toBe(1);
      queueMicrotask(() => queueMicrotask(() => open--));
      return {};
    });
    const names = ["boxaaaaaaa", "boxbbbbbbb", "boxccccccc"].map((box) => `abcdefghij.${box}`);
    const all = Promise.all(names.map((name) => said.users.put(name, "x")));
    await said.during(all, 2_000);
    expect(said.orders).toHaveLength(6);
  });

  test("are not changed by a broker that does not answer or refuses, and that is said", async () => {
    const silent = plugin(() => undefined);
    expect(await silent.during(silent.users.put(user, "x"), 40_000)).toMatchObject({
      code: "BUS_UNREACHABLE",
    });
    expect(silent.listeners.size).toBe(0);
    const refusing = plugin(() => ({ error: "Internal error" }));
    const fault = await refusing.during(refusing.users.put(user, "x"), 1_000);
    expect(fault).toBeInstanceOf(Fault);
    expect(String(fault)).toContain("Internal error");
    await refusing.during(refusing.users.remove(user), 1_000);
    expect(refusing.orders.map(({ command }) => command)).toEqual(["createRole", "deleteClient"]);
  });

  test("cannot be anything but boxes: the hub's own user is never touched", async () => {
    const said = plugin(() => ({}));
    for (const name of ["hub", "admin", "", "abcdefghij", "+.+"]) {
      await expect(said.users.put(name, "x")).rejects.toMatchObject({ code: "INPUT_INVALID" });
      await expect(said.users.remove(name)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
    await expect(said.users.put(user, "")).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(said.orders).toEqual([]);
  });
});
