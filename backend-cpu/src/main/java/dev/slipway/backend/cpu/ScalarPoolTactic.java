package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.GlobalMaxPool;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/** Maximum and average pooling over windows or whole planes without vectors. */
final class ScalarPoolTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.scalar_pool_f32", 1);
  private static final double NANOS_PER_TAP = 1;

  private final WorkerPool pool;

  ScalarPoolTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || request.outputs().size() != 1 || !isPool(group.get().anchor())) {
      return Requests.unsupported("no pooling with elementwise operators behind it, or its indices are wanted");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    int rank = request.output().shape().rank();
    if (rank != 3 && rank != 4) {
      return Requests.unsupported("rank " + rank + " (expected: 3 or 4)");
    }
    if (group.get().anchor().orElseThrow() instanceof AveragePool average
        && average.countIncludePad() && average.window().ceilMode()) {
      return Requests.unsupported("ceil_mode with count_include_pad (expected: one of them)");
    }
    ConvShape shape = shape(request, group.get());
    double taps = (double) Requests.elements(request.output()) * shape.kernelHeight() * shape.kernelWidth();
    return new Support.Supported(taps * NANOS_PER_TAP / 1000 / pool.threads());
  }

  private static boolean isPool(Optional<Op> anchor) {
    return anchor
        .filter(op -> op instanceof MaxPool || op instanceof AveragePool || isGlobal(op))
        .isPresent();
  }

  private static boolean isGlobal(Op op) {
    return op instanceof GlobalMaxPool || op instanceof GlobalAveragePool;
  }

  private static ConvShape shape(KernelRequest request, FusedGroup group) {
    TensorType in = request.input(group.anchorInputs().getFirst());
    TensorType out = request.output();
    int channels = Requests.dims(out)[1];
    return switch (group.anchor().orElseThrow()) {
      case MaxPool max -> Requests.convShape(in, out, max.window(), channels);
      case AveragePool average -> Requests.convShape(in, out, average.window(), channels);
      default -> wholePlanes(in);
    };
  }

  private static ConvShape wholePlanes(TensorType in) {
    int[] x = Requests.dims(in);
    int height = x.length == 3 ? 1 : x[2];
    int width = x[x.length - 1];
    return new ConvShape(x[0], x[1], height, width, x[1], height, width, 1, 1, 0, 0, 0, 0, 1, 1, x[1]);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    Op anchor = group.anchor().orElseThrow();
    boolean maximum = anchor instanceof MaxPool || anchor instanceof GlobalMaxPool;
    boolean countPadding = anchor instanceof AveragePool average && average.countIncludePad();
    ScalarElementwise epilogue = new ScalarElementwise(request, group.epilogue());
    return new Planes(
        pool, shape(request, group), group.anchorInputs().getFirst(), maximum, countPadding, epilogue);
  }

  /** Each unit of work is a plane. */
  private record Planes(
      WorkerPool pool, ConvShape s, int input, boolean maximum, boolean countPadding, ScalarElementwise epilogue)
      implements Kernel {

    @Override
    public void run(KernelArguments arguments) {
      long pixels = (long) s.outHeight() * s.outWidth();
      pool.run(s.batch() * s.outChannels(), (plane, worker) -> {
        plane(arguments, plane, arguments.output().address() + plane * pixels * Float.BYTES);
        epilogue.run(arguments, plane * pixels, (plane + 1) * pixels);
      });
    }

    private void plane(KernelArguments arguments, int plane, long output) {
      long source = arguments.input(input).address() + (long) plane * s.inHeight() * s.inWidth() * Float.BYTES;
      long to = output;
      for (int y = 0; y < s.outHeight(); y++) {
        for (int x = 0; x < s.outWidth(); x++) {
          AddressSpace.set(to, window(source, y * s.strideHeight() - s.padTop(), x * s.strideWidth() - s.padLeft()));
          to += Float.BYTES;
        }
      }
    }

    private float window(long source, int top, int left) {
      double result = maximum ? Double.NEGATIVE_INFINITY : 0;
      int taps = 0;
      for (int kh = 0; kh < s.kernelHeight(); kh++) {
        int row = top + kh * s.dilationHeight();
        for (int kw = 0; row >= 0 && row < s.inHeight() && kw < s.kernelWidth(); kw++) {
          int column = left + kw * s.dilationWidth();
          if (column >= 0 && column < s.inWidth()) {
            float value = AddressSpace.get(source + ((long) row * s.inWidth() + column) * Float.BYTES);
            result = maximum ? Math.max(result, value) : result + value;
            taps++;
          }
        }
      }
      if (maximum) {
        return (float) result;
      }
      return (float) (result / (countPadding ? s.kernelHeight() * s.kernelWidth() : taps));
    }
  }
}
