package dev.slipway.quantization;

/** How good a model is: higher is better. It may be asked about any number of models, one after the other. */
@FunctionalInterface
public interface AccuracyMeasure {

  /** The accuracy of a model, a fraction where it has the form of one. */
  double of(GraphExecution model);

  /** The same measure on at most so many samples, for questions that are asked often; itself where it has no parts. */
  default AccuracyMeasure spread(int samples) {
    return this;
  }
}
