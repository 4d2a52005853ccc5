/** An address of a link as it may be shown and logged: without the user and password that some carry. */
export const shownAddress = (address: string): string =>
  address.replace(/^([a-z]+:\/\/)[^/?#]*@/, (_, scheme: string) => scheme);
