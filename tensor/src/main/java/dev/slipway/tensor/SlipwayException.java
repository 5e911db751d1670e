package dev.slipway.tensor;

/**
 * Something that the user gave is unusable: a model, a plan, a shape, an option. The message is a paragraph for the
 * user: what, where, what was expected, how to fix it.
 */
public class SlipwayException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SlipwayException(String message) {
    super(message);
  }

  public SlipwayException(String message, Throwable cause) {
    super(message, cause);
  }
}
