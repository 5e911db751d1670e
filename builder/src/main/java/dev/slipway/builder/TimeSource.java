package dev.slipway.builder;

/** Time as a measurement sees it, and what falsifies it. */
interface TimeSource {

  /** Nanoseconds since some fixed moment. */
  long nanos();

  /** Grows whenever the measuring thread, or the whole machine, had to wait for a processor. */
  long disturbances();

  /** Milliseconds that the just-in-time compiler has worked; grows whenever it finishes something. */
  long compilationMillis();
}
