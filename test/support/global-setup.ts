/** What the whole run needs once. */
export default function setup(): void {}
