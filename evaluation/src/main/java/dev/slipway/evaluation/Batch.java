package dev.slipway.evaluation;

import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** Samples of the same shapes that go through a model at once, stacked along the first dimension. */
record Batch(List<Sample> samples, Map<String, Tensor> inputs) {

  private static Batch of(List<Sample> samples) {
    if (samples.size() == 1) {
      return new Batch(List.copyOf(samples), samples.getFirst().inputs());
    }
    Map<String, Tensor> stacked = new LinkedHashMap<>();
    for (String name : samples.getFirst().inputs().keySet()) {
      stacked.put(name, stack(samples.stream().map(sample -> sample.inputs().get(name)).toList()));
    }
    return new Batch(List.copyOf(samples), stacked);
  }

  private static Tensor stack(List<Tensor> parts) {
    TensorType type = parts.getFirst().type();
    long[] dims = type.shape().known();
    if (dims.length == 0) {
      return parts.getFirst();
    }
    dims[0] = Math.multiplyExact(dims[0], parts.size());
    Tensor whole = Tensor.allocate(type.withShape(Shape.of(dims)));
    long bytes = type.bytes();
    for (int i = 0; i < parts.size(); i++) {
      MemorySegment.copy(parts.get(i).data(), 0, whole.data(), i * bytes, bytes);
    }
    return whole;
  }

  /** Consecutive samples in batches of at most this size; a sample of other shapes begins a new one. */
  static Iterator<Batch> group(Iterator<Sample> samples, int limit) {
    return new Grouping(samples, limit);
  }

  int size() {
    return samples.size();
  }

  /** The part of the outputs that belongs to one sample. */
  Map<String, Tensor> outputs(Map<String, Tensor> all, int index) {
    if (size() == 1) {
      return all;
    }
    Map<String, Tensor> own = new LinkedHashMap<>();
    all.forEach((name, tensor) -> own.put(name, slice(name, tensor, index)));
    return own;
  }

  private Tensor slice(String name, Tensor tensor, int index) {
    if (tensor.rank() == 0 || tensor.dim(0) % size() != 0) {
      throw new SlipwayException("output " + name + ": " + tensor.type() + " (expected: a first dimension of " + size()
          + ", one for each sample of the batch; evaluate with a batch of 1)");
    }
    long[] dims = tensor.dims();
    dims[0] /= size();
    TensorType type = tensor.type().withShape(Shape.of(dims));
    return new Tensor(type, tensor.data().asSlice(index * type.bytes(), type.bytes()));
  }

  private static final class Grouping implements Iterator<Batch> {
    private final Iterator<Sample> samples;
    private final int limit;
    private final List<Sample> pending = new ArrayList<>();

    Grouping(Iterator<Sample> samples, int limit) {
      this.samples = samples;
      this.limit = limit;
    }

    @Override
    public boolean hasNext() {
      return !pending.isEmpty() || samples.hasNext();
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      if (pending.isEmpty()) {
        pending.add(samples.next());
      }
      while (pending.size() < limit && samples.hasNext()) {
        Sample sample = samples.next();
        if (!types(sample).equals(types(pending.getFirst()))) {
          Batch batch = of(pending);
          pending.clear();
          pending.add(sample);
          return batch;
        }
        pending.add(sample);
      }
      Batch batch = of(pending);
      pending.clear();
      return batch;
    }

    private static Map<String, TensorType> types(Sample sample) {
      Map<String, TensorType> types = new LinkedHashMap<>();
      sample.inputs().forEach((name, tensor) -> types.put(name, tensor.type()));
      return types;
    }
  }
}
