/** Milliseconds since 1970 as AWS counts them: the machine's clock, corrected by the skew that was noticed. */
export type Clock = () => number;
