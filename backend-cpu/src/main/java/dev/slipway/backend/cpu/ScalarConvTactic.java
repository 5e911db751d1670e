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
import dev.slipway.operators.Conv;
import java.util.Arrays;
import java.util.Optional;

/** Convolutions over one or two axes without vectors: gathered windows times weights, {@link ScalarProduct}. */
final class ScalarConvTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.scalar_conv_f32", 1);

  private final WorkerPool pool;

  ScalarConvTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || request.outputs().size() != 1 || !(group.get().anchor().orElse(null) instanceof Conv)) {
      return Requests.unsupported("no convolution with elementwise operators behind it");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    int rank = request.output().shape().rank();
    if (rank != 3 && rank != 4) {
      return Requests.unsupported("rank " + rank + " (expected: 3 or 4)");
    }
    ConvShape shape = shape(request, group.get());
    double fmas = (double) Requests.elements(request.output()) * depth(shape);
    return new Support.Supported(fmas / ScalarProduct.FMAS_PER_NANO / 1000 / pool.threads());
  }

  private static ConvShape shape(KernelRequest request, FusedGroup group) {
    Conv conv = (Conv) group.anchor().orElseThrow();
    return Requests.convShape(
        request.input(group.anchorInputs().get(0)),
        request.output(),
        conv.window(request.input(group.anchorInputs().get(1)).shape()),
        Math.toIntExact(conv.group()));
  }

  /** Elements under one window in all channels of a group. */
  private static int depth(ConvShape shape) {
    return shape.inChannels() / shape.groups() * shape.kernelHeight() * shape.kernelWidth();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    boolean biased = group.anchorInputs().size() > 2 && group.anchorInputs().get(2) >= 0;
    return new Convolution(
        pool,
        shape(request, group),
        group.anchorInputs().get(0),
        group.anchorInputs().get(1),
        biased ? group.anchorInputs().get(2) : -1,
        new ScalarElementwise(request, group.epilogue()));
  }

  /**
   * Each unit of work is a tile of output pixels of one image and group, for all output channels of the group.
   *
   * @param bias port; -1 where there is none
   */
  private record Convolution(
      WorkerPool pool, ConvShape s, int input, int weights, int bias, ScalarElementwise epilogue)
      implements Kernel {

    @Override
    public void run(KernelArguments arguments) {
      int tiles = Math.ceilDiv(pixels(), ScalarProduct.TILE);
      pool.run(s.batch() * s.groups() * tiles, (unit, worker) -> {
        int group = unit / tiles % s.groups();
        tile(arguments, unit / tiles / s.groups(), group, unit % tiles * ScalarProduct.TILE);
      });
    }

    private int pixels() {
      return s.outHeight() * s.outWidth();
    }

    private void tile(KernelArguments arguments, int image, int group, int first) {
      ScalarScratch scratch = ScalarScratch.own();
      int depth = depth(s);
      int width = Math.min(ScalarProduct.TILE, pixels() - first);
      float[][] tile = scratch.tile(depth);
      gather(arguments.input(input).address(), image, group, first, width, tile);
      float[] row = scratch.row(depth);
      float[] result = scratch.line(ScalarProduct.TILE);
      double[] sums = scratch.sums();
      int channels = s.outChannels() / s.groups();
      for (int m = group * channels; m < (group + 1) * channels; m++) {
        Floats.read(arguments.input(weights).address() + (long) m * depth * Float.BYTES, row, 0, depth);
        Arrays.fill(sums, 0, width, bias(arguments, m));
        ScalarProduct.addRow(row, depth, tile, width, result, sums);
        ScalarProduct.round(sums, width, result);
        long at = ((long) image * s.outChannels() + m) * pixels() + first;
        Floats.write(result, width, arguments.output().address() + at * Float.BYTES);
        epilogue.run(arguments, at, at + width);
      }
    }

    private float bias(KernelArguments arguments, int channel) {
      return bias < 0 ? 0 : AddressSpace.get(arguments.input(bias).address() + (long) channel * Float.BYTES);
    }

    /** Fills the tile: a row for each channel and kernel element, a column for each output pixel. */
    private void gather(long source, int image, int group, int first, int width, float[][] tile) {
      int channels = s.inChannels() / s.groups();
      int k = 0;
      for (int c = group * channels; c < (group + 1) * channels; c++) {
        long plane = source + ((long) image * s.inChannels() + c) * s.inHeight() * s.inWidth() * Float.BYTES;
        for (int kh = 0; kh < s.kernelHeight(); kh++) {
          for (int kw = 0; kw < s.kernelWidth(); kw++) {
            gatherRow(plane, kh * s.dilationHeight() - s.padTop(), kw * s.dilationWidth() - s.padLeft(), first, width,
                tile[k++]);
          }
        }
      }
    }

    private void gatherRow(long plane, int down, int right, int first, int width, float[] values) {
      int pixel = first;
      while (pixel < first + width) {
        int y = pixel / s.outWidth();
        int x = pixel % s.outWidth();
        int count = Math.min(s.outWidth() - x, first + width - pixel);
        int row = y * s.strideHeight() + down;
        if (row < 0 || row >= s.inHeight()) {
          Arrays.fill(values, pixel - first, pixel - first + count, 0);
        } else {
          long from = plane + (long) row * s.inWidth() * Float.BYTES;
          gatherRun(from, x * s.strideWidth() + right, count, values, pixel - first);
        }
        pixel += count;
      }
    }

    /** Elements of one input row, {@code strideWidth} apart from a column on; zeros outside of the row. */
    private void gatherRun(long row, int column, int count, float[] values, int to) {
      int stride = s.strideWidth();
      int before = Math.clamp(Math.ceilDiv(-column, stride), 0, count);
      int inside = Math.clamp(Math.ceilDiv(s.inWidth() - column, stride), before, count);
      Arrays.fill(values, to, to + before, 0);
      long from = row + ((long) column + (long) before * stride) * Float.BYTES;
      if (stride == 1) {
        Floats.read(from, values, to + before, inside - before);
      } else {
        for (int i = 0; i < inside - before; i++) {
          values[to + before + i] = AddressSpace.get(from + (long) i * stride * Float.BYTES);
        }
      }
      Arrays.fill(values, to + inside, to + count, 0);
    }
  }
}
