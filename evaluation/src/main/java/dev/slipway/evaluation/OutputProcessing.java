package dev.slipway.evaluation;

import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** What the outputs of a model mean. Immutable; threads may share one. */
public interface OutputProcessing {

  /**
   * Reads outputs; their memory is not kept.
   *
   * @param outputs of a batch of one
   * @throws dev.slipway.tensor.SlipwayException where the outputs are not of the shape that this processing reads
   */
  Prediction predict(Map<String, Tensor> outputs, Sample sample);

  /** Fresh metrics that suit what is predicted. */
  List<Metric> metrics();
}
