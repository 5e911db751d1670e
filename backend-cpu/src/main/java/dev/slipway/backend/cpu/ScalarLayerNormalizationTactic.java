package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.LayerNormalization;
import dev.slipway.tensor.Shape;
import java.util.Optional;

/** LayerNormalization with one scale for each element of a row, without vectors. */
final class ScalarLayerNormalizationTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.scalar_layernorm_f32", 1);
  private static final double NANOS_PER_ELEMENT = 3;

  private final WorkerPool pool;

  ScalarLayerNormalizationTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof LayerNormalization normalization)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: LayerNormalization)");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    if (request.outputs().size() != 1) {
      return Requests.unsupported("outputs: " + request.outputs().size() + " (expected: 1, the moments not wanted)");
    }
    Shape row = row(request, normalization);
    for (int port = 1; port < 3; port++) {
      if (request.has(port) && !request.input(port).shape().equals(row)) {
        return Requests.unsupported("scale or bias " + request.input(port) + " (expected: the shape " + row + ")");
      }
    }
    return new Support.Supported(Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000 / pool.threads());
  }

  /** The axes that are normalised together. */
  private static Shape row(KernelRequest request, LayerNormalization op) {
    Shape shape = request.output().shape();
    return shape.slice(Contiguous.axis(op.axis(), shape.rank()), shape.rank());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    LayerNormalization op = (LayerNormalization) request.op();
    int length = Math.toIntExact(Shape.product(row(request, op).known()));
    int rows = length == 0 ? 0 : Math.toIntExact(Requests.elements(request.output()) / length);
    return new Rows(pool, rows, length, op.epsilon(), request.has(2));
  }

  private record Rows(WorkerPool pool, int rows, int length, float epsilon, boolean biased) implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      Chunks chunks = Chunks.of(rows, length * NANOS_PER_ELEMENT, pool);
      pool.run(chunks.units(), (unit, worker) -> {
        for (int row = chunks.from(unit); row < chunks.to(unit); row++) {
          normalize(arguments, (long) row * length * Float.BYTES);
        }
      });
    }

    private void normalize(KernelArguments arguments, long offset) {
      long from = arguments.input(0).address() + offset;
      double sum = 0;
      for (int i = 0; i < length; i++) {
        sum += AddressSpace.get(from + (long) i * Float.BYTES);
      }
      double mean = sum / length;
      double squares = 0;
      for (int i = 0; i < length; i++) {
        double difference = AddressSpace.get(from + (long) i * Float.BYTES) - mean;
        squares += difference * difference;
      }
      double factor = 1 / Math.sqrt(squares / length + epsilon);
      long scale = arguments.input(1).address();
      long bias = biased ? arguments.input(2).address() : 0;
      long to = arguments.output().address() + offset;
      for (int i = 0; i < length; i++) {
        long at = (long) i * Float.BYTES;
        double value = (AddressSpace.get(from + at) - mean) * factor * AddressSpace.get(scale + at);
        AddressSpace.set(to + at, (float) (biased ? value + AddressSpace.get(bias + at) : value));
      }
    }
  }
}
