package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Softmax;
import java.util.Optional;

/** Softmax along any axis without vectors. */
final class ScalarSoftmaxTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.scalar_softmax_f32", 1);
  private static final double NANOS_PER_ELEMENT = 15;

  private final WorkerPool pool;

  ScalarSoftmaxTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Softmax)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Softmax)");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    return new Support.Supported(Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new Lines(pool, Contiguous.Lines.of(request.output(), ((Softmax) request.op()).axis()));
  }

  private record Lines(WorkerPool pool, Contiguous.Lines lines) implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      Chunks chunks = Chunks.of(lines.outer() * lines.inner(), lines.length() * NANOS_PER_ELEMENT, pool);
      pool.run(chunks.units(), (unit, worker) -> {
        for (int i = chunks.from(unit); i < chunks.to(unit); i++) {
          long first = (long) i / lines.inner() * lines.length() * lines.inner() + i % lines.inner();
          line(arguments.input(0).address() + first * Float.BYTES, arguments.output().address() + first * Float.BYTES);
        }
      });
    }

    private void line(long from, long to) {
      double[] powers = ScalarScratch.own().registers(1, lines.length())[0];
      long step = (long) lines.inner() * Float.BYTES;
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < lines.length(); i++) {
        max = Math.max(max, AddressSpace.get(from + i * step));
      }
      double sum = 0;
      for (int i = 0; i < lines.length(); i++) {
        powers[i] = Math.exp(AddressSpace.get(from + i * step) - max);
        sum += powers[i];
      }
      for (int i = 0; i < lines.length(); i++) {
        AddressSpace.set(to + i * step, (float) (powers[i] / sum));
      }
    }
  }
}
