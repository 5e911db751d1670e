package dev.slipway.evaluation;

/** Reads data sets of one form. A service: modules that provide it add forms. */
public interface DatasetFormat {

  /** The name in {@code NAME:PATH}, in lower case. */
  String name();

  /** What it reads, in one line, for help texts. */
  String description();

  /** Whether the file or folder looks like this form; cheap, and true for at most one form where possible. */
  boolean accepts(DatasetSource source);

  /**
   * Opens a data set; the caller closes it.
   *
   * @throws dev.slipway.tensor.SlipwayException where it is empty, broken, or lacks labels that this form needs
   */
  Dataset open(DatasetSource source);
}
