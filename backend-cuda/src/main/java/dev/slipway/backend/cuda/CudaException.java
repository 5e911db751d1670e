package dev.slipway.backend.cuda;

import dev.slipway.tensor.SlipwayException;

/** A function of the driver or of a library failed; the message has its name, its status and the library's own words. */
public final class CudaException extends SlipwayException {
  private static final long serialVersionUID = 1;

  CudaException(String function, int status, String words) {
    super(function + ": status " + status + ", " + words + " (expected: success)");
  }
}
