package dev.slipway.backend.cuda;

import java.lang.invoke.MethodHandle;

/** A function of a library. Handles and device addresses are longs, memory of the host is a segment. */
record NativeFunction(String symbol, MethodHandle handle) {

  /** Calls it; for calls that are rare, since arguments are boxed. */
  Object call(Object... arguments) {
    try {
      return handle.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** The result of a function that gives an int. */
  int status(Object... arguments) {
    return (int) call(arguments);
  }

  /** A call through {@link #handle} threw: the arguments do not fit its type. */
  IllegalStateException failure(Throwable cause) {
    return new IllegalStateException("call of " + symbol, cause);
  }
}
