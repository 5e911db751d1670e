package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;
import java.util.List;

/**
 * A convolution and what follows it, as cuDNN computes it in one graph. Tensors have at least two spatial axes.
 *
 * @param output what the last step gives
 * @param bias whether an element for each output channel is added first
 * @param steps applied one after the other
 * @param tensorFloat whether factors of float32 are rounded to TensorFloat-32
 */
record ConvProblem(
    Array input,
    Array weights,
    Array output,
    List<Long> strides,
    List<Long> dilations,
    List<Long> pads,
    boolean bias,
    List<Step> steps,
    boolean tensorFloat) {

  /** A tensor's dimensions and how far its elements are apart. */
  record Array(DType type, List<Long> dims, List<Long> strides) {}

  ConvProblem {
    strides = List.copyOf(strides);
    dilations = List.copyOf(dilations);
    pads = List.copyOf(pads);
    steps = List.copyOf(steps);
  }

  ConvProblem(
      Array input,
      Array weights,
      Array output,
      List<Long> strides,
      List<Long> dilations,
      List<Long> pads,
      boolean bias,
      List<Step> steps) {
    this(input, weights, output, strides, dilations, pads, bias, steps, false);
  }

  /** Something that is done to each element {@code x} of what came before. */
  sealed interface Step {
    /** x + side, a tensor like the output. */
    record AddSide(int port) implements Step {}

    /** min(max(x, lower), upper). */
    record Clip(double lower, double upper) implements Step {}

    /** x · sigmoid(x). */
    record Swish() implements Step {}

    record Sigmoid() implements Step {}

    record Tanh() implements Step {}
  }

  ConvProblem withoutSteps() {
    return new ConvProblem(input, weights, output, strides, dilations, pads, bias, List.of(), tensorFloat);
  }

  ConvProblem withTensorFloat(boolean rounded) {
    return new ConvProblem(input, weights, output, strides, dilations, pads, bias, steps, rounded);
  }

  /** Ports of the request that steps read, in order. */
  List<Integer> sides() {
    return steps.stream()
        .filter(Step.AddSide.class::isInstance)
        .map(step -> ((Step.AddSide) step).port())
        .toList();
  }

  /** Arithmetic operations, a multiply-add counting two. */
  double flops() {
    double products = weights.dims().stream().mapToLong(Long::longValue).skip(1).reduce(1, (a, b) -> a * b);
    return 2 * products * output.dims().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }
}
