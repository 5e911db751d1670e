package dev.slipway.backend;

import dev.slipway.tensor.SlipwayException;

/** A backend that is not installed, or that this machine cannot run. */
public class BackendUnavailableException extends SlipwayException {
  private static final long serialVersionUID = 1;

  public BackendUnavailableException(String message) {
    super(message);
  }
}
