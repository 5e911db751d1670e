package dev.slipway.quantization;

/** How good a model is: higher is better. It may be asked about any number of models, one after the other. */
@FunctionalInterface
public interface AccuracyMeasure {

  /** The accuracy of a model, a fraction where it has the form of one. */
  double of(GraphExecution model);

  /** What messages call it. */
  default String name() {
    return "accuracy";
  }

  /** The same measure under a name. */
  default AccuracyMeasure named(String name) {
    AccuracyMeasure measure = this;
    return new AccuracyMeasure() {
      @Override
      public double of(GraphExecution model) {
        return measure.of(model);
      }

      @Override
      public String name() {
        return name;
      }
    };
  }
}
