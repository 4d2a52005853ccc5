/** Where the worker is registered once more for each further home: `/push/<home>/`. */
export const PUSH_SCOPE = "/push/";
