// What the build tells the service worker (vite.config.ts).

/** Changes whenever any built file changes: the name of the cache. */
declare const __BUILD_ID__: string;

/** Every built file as an absolute path, "/assets/caregiver-abc123.js": what must be there without a network. */
declare const __BUILD_FILES__: readonly string[];
