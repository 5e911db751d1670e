package dev.slipway.graph;

import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.random.RandomGenerator;

/** Inputs and outputs of one evaluation. Valid during one call of {@link Op#evaluate}, on one thread. */
public interface ReferenceContext {

  int inputCount();

  int outputCount();

  /** Whether the optional input is there. */
  boolean has(int port);

  /** Whether somebody reads the output. */
  boolean wants(int port);

  Datum inputDatum(int port);

  /**
   * The output of the type that {@link Op#inferTypes} gives for the actual inputs; its memory is not cleared.
   *
   * @throws IllegalStateException where that type has a dimension that depends on data
   */
  Tensor output(int port);

  /** An output whose shape depends on data; its memory is not cleared. */
  Tensor output(int port, long... dims);

  /** Gives an output that is not written in place: a sequence, an optional, or a tensor that exists already. */
  void set(int port, Datum value);

  /** Runs a subgraph of the operator; inputs as in {@link Op#subgraphs()}. */
  List<Datum> run(Graph subgraph, List<Datum> inputs);

  /** The source of randomness for operators without a seed. */
  RandomGenerator random();

  /** An input that must be a tensor. */
  default Tensor input(int port) {
    if (inputDatum(port) instanceof Tensor tensor) {
      return tensor;
    }
    throw new SlipwayException("input " + port + ": " + inputDatum(port).type() + " (expected: a tensor)");
  }

  /** All inputs from {@code from} on. */
  default List<Datum> inputs(int from) {
    return java.util.stream.IntStream.range(from, inputCount()).mapToObj(this::inputDatum).toList();
  }

  /** A tensor of the garbage collector's for intermediate results. */
  default Tensor scratch(TensorType type) {
    return Tensor.allocate(type);
  }

  /** The shape of an input tensor. */
  default Shape shape(int port) {
    return input(port).shape();
  }
}
