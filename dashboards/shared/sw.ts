// The entry of the service worker's own build; it stays here so that its address is /sw.js.
import "./sw/worker.ts";
