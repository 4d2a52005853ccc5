/** The service that the device advertises, and its characteristic that notifies: lower case, without dashes. */
export const SERVICE = "00000001aaaa4bbb8cccdddddddddddd";
export const NOTIFY_CHANNEL = "00000002aaaa4bbb8cccdddddddddddd";
