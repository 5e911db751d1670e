package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.Cast;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Expand;
import dev.slipway.operators.Flatten;
import dev.slipway.operators.Identity;
import dev.slipway.operators.Pad;
import dev.slipway.operators.Reorder;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Split;
import dev.slipway.operators.Squeeze;
import dev.slipway.operators.Transpose;
import dev.slipway.operators.Unsqueeze;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Operators that move elements without computing, and casts. */
final class DataMovementTactic extends CudaTactic {
  private static final Set<DType> CASTS = Set.of(
      DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.BOOL, DType.INT32, DType.INT64, DType.UINT8, DType.INT8);

  DataMovementTactic(CudaDevice device) {
    super("cuda.move", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    return refusal.isPresent()
        ? Requests.unsupported(refusal.get())
        : new Support.Supported(Requests.movementMicros(request));
  }

  private static Optional<String> refusal(KernelRequest request) {
    TensorType output = request.output();
    if (output.dtype().bits() < 8 || output.dtype().bits() > 64 || output.dtype().isComplex()) {
      return Optional.of("element type " + output.dtype() + " (expected: 1 to 8 bytes)");
    }
    if (request.outputs().stream().anyMatch(type -> type.bytes() == 0) || request.inputs().isEmpty()) {
      return Optional.of("no elements (expected: some)");
    }
    return switch (request.op()) {
      case Reorder reorder -> isBlocked(request) ? Optional.of("a blocked layout") : Optional.empty();
      case Concat concat -> oneLayout(request);
      case Split split -> oneLayout(request);
      case Cast cast -> castRefusal(request);
      case Transpose transpose -> Requests.notContiguous(request);
      case Expand expand -> Requests.notContiguous(request);
      case Reshape reshape -> Requests.notContiguous(request);
      case Flatten flatten -> Requests.notContiguous(request);
      case Squeeze squeeze -> Requests.notContiguous(request);
      case Unsqueeze unsqueeze -> Requests.notContiguous(request);
      case Identity identity -> oneLayout(request);
      case Slice slice -> areConstant(request, 1) ? oneLayout(request) : Optional.of("bounds that are not constant");
      case Pad pad when pad.mode() == Pad.Mode.CONSTANT ->
          areConstant(request, 1) ? oneLayout(request) : Optional.of("pads that are not constant");
      default -> Optional.of("operator " + request.op().schema().name() + " (expected: one that moves elements)");
    };
  }

  private static boolean isBlocked(KernelRequest request) {
    return request.input(0).layout() instanceof Layout.Blocked || request.output().layout() instanceof Layout.Blocked;
  }

  /** Operands of the rank of the output have its layout. */
  private static Optional<String> oneLayout(KernelRequest request) {
    Layout layout = request.output().layout();
    if (layout instanceof Layout.Blocked || !request.input(0).layout().equals(layout)) {
      return Optional.of("layouts " + request.input(0).layout() + " and " + layout + " (expected: one, not blocked)");
    }
    boolean joins = request.op() instanceof Concat || request.op() instanceof Split;
    List<TensorType> all = new ArrayList<>(request.outputs());
    all.addAll(joins ? request.inputTypes() : List.of(request.input(0)));
    for (TensorType type : joins ? all : List.<TensorType>of()) {
      if (!type.layout().equals(layout)) {
        return Optional.of("layouts " + type.layout() + " and " + layout + " (expected: one)");
      }
    }
    boolean isPadded = layout instanceof Layout.ChannelsLast last
        && all.stream().anyMatch(type -> type.shape().known()[1] % last.multiple() != 0);
    return isPadded ? Optional.of("channels that are filled up with zeros") : Optional.empty();
  }

  private static Optional<String> castRefusal(KernelRequest request) {
    DType from = request.input(0).dtype();
    DType to = request.output().dtype();
    return CASTS.contains(from) && CASTS.contains(to) && !isBlocked(request)
        ? Optional.empty()
        : Optional.of("cast from " + from + " to " + to + " (expected: from and to one of " + CASTS + ")");
  }

  private static boolean areConstant(KernelRequest request, int from) {
    for (int i = from; i < request.inputs().size(); i++) {
      if (request.has(i) && request.constant(i).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return GeneratedKernel.of(device, switch (request.op()) {
      case Concat concat -> concat(request, axis(concat.axis(), request.output()));
      case Split split -> split(request, axis(split.axis(), request.input(0)));
      default -> List.of(launch(one(request), 0, 0));
    });
  }

  private Launch launch(CopySource source, int input, int output) {
    return new Launch(device.function(source.write()), source.grid(), 0,
        List.of(new Launch.Parameter.Input(input), new Launch.Parameter.Output(output)));
  }

  private static int axis(long axis, TensorType type) {
    return (int) (axis < 0 ? axis + type.shape().rank() : axis);
  }

  private static CopySource one(KernelRequest request) {
    Op op = request.op();
    return switch (op) {
      case Transpose transpose -> transpose(request, transpose);
      case Slice slice -> slice(request);
      case Pad pad -> pad(request);
      case Cast cast -> cast(request);
      case Expand expand ->
          CopySource.moving(request.output().dtype(), LoopNest.of(request.output(), List.of(request.input(0))), 0, 0);
      case Reorder reorder -> reorder(request);
      default -> flat(request);
    };
  }

  private static LoopNest nest(TensorType output, long[] sourceStrides) {
    return LoopNest.of(
        output.layout(), output.shape().known(), List.of(Strides.of(output), sourceStrides));
  }

  private static CopySource flat(KernelRequest request) {
    long count = request.output().layout().storageElements(request.output().shape().known());
    LoopNest nest = LoopNest.of(Layout.CONTIGUOUS, new long[] {count}, List.of(new long[] {1}, new long[] {1}));
    return CopySource.moving(request.output().dtype(), nest, 0, 0);
  }

  private static CopySource reorder(KernelRequest request) {
    LoopNest nest = LoopNest.of(request.output(), List.of(request.input(0)));
    return CopySource.filling(request.output().dtype(), nest, 0, List.of(), "0");
  }

  private static CopySource transpose(KernelRequest request, Transpose op) {
    long[] own = Strides.of(request.input(0));
    long[] strides = new long[own.length];
    for (int i = 0; i < own.length; i++) {
      strides[i] = own[op.perm().isEmpty() ? own.length - 1 - i : Math.toIntExact(op.perm().get(i))];
    }
    return CopySource.moving(request.output().dtype(), nest(request.output(), strides), 0, 0);
  }

  private static CopySource slice(KernelRequest request) {
    long[] in = request.input(0).shape().known();
    long[] strides = Strides.of(request.input(0));
    long[] starts = request.constant(1).orElseThrow().toLongs();
    Optional<long[]> axes = request.constant(3).map(Tensor::toLongs);
    Optional<long[]> steps = request.constant(4).map(Tensor::toLongs);
    long offset = 0;
    for (int i = 0; i < starts.length; i++) {
      int axis = axis(axes.isPresent() ? axes.get()[i] : i, request.input(0));
      long step = steps.isPresent() ? steps.get()[i] : 1;
      long start = starts[i] < 0 ? starts[i] + in[axis] : starts[i];
      start = Math.clamp(start, 0, Math.max(0, step > 0 ? in[axis] : in[axis] - 1));
      offset += start * strides[axis];
      strides[axis] *= step;
    }
    return CopySource.moving(request.output().dtype(), nest(request.output(), strides), offset, 0);
  }

  private static CopySource pad(KernelRequest request) {
    long[] in = request.input(0).shape().known();
    long[] strides = Strides.of(request.input(0));
    long[] pads = request.constant(1).orElseThrow().toLongs();
    Optional<long[]> axes = request.constant(3).map(Tensor::toLongs);
    int count = pads.length / 2;
    long offset = 0;
    List<CopySource.Bounds> bounds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int axis = axis(axes.isPresent() ? axes.get()[i] : i, request.input(0));
      offset -= pads[i] * strides[axis];
      bounds.add(new CopySource.Bounds(axis, pads[i], pads[i] + in[axis]));
    }
    return CopySource.filling(
        request.output().dtype(), nest(request.output(), strides), offset, bounds, fill(request));
  }

  /** The bits of the value beside the input. */
  private static String fill(KernelRequest request) {
    if (request.constant(2).isEmpty() || request.constant(2).get().elementCount() == 0) {
      return "0";
    }
    byte[] bytes = request.constant(2).get().data().asSlice(0, request.output().dtype().bits() / 8)
        .toArray(ValueLayout.JAVA_BYTE);
    long bits = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      bits = bits << 8 | bytes[i] & 0xff;
    }
    return "0x" + Long.toHexString(bits) + "ull";
  }

  private static CopySource cast(KernelRequest request) {
    DType from = request.input(0).dtype();
    DType to = request.output().dtype();
    LoopNest nest = LoopNest.of(request.output(), List.of(request.input(0)));
    return CopySource.converting(request.input(0), request.output(), nest, converted(from, to));
  }

  private static String converted(DType from, DType to) {
    if (to == DType.BOOL) {
      return "{(unsigned char) (" + (ElementSource.takes(from) ? "widen(x)" : "x") + " != 0)}";
    }
    if (ElementSource.takes(to)) {
      String real = ElementSource.takes(from) ? "widen(x)" : "(float) x";
      return "narrow<" + CudaTypes.name(to) + ">(" + real + ")";
    }
    String type = CudaTypes.name(to);
    return ElementSource.takes(from)
        ? "(" + type + ") (widen(x) != widen(x) ? 0ll : (long long) widen(x))"
        : "(" + type + ") x";
  }

  private List<Launch> concat(KernelRequest request, int axis) {
    long[] outStrides = Strides.of(request.output());
    List<Launch> launches = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < request.inputs().size(); i++) {
      TensorType part = request.input(i);
      LoopNest nest = LoopNest.of(part.layout(), part.shape().known(), List.of(outStrides, Strides.of(part)));
      if (part.bytes() > 0) {
        launches.add(launch(CopySource.moving(part.dtype(), nest, 0, at * outStrides[axis]), i, 0));
      }
      at += part.shape().known()[axis];
    }
    return launches;
  }

  private List<Launch> split(KernelRequest request, int axis) {
    long[] inStrides = Strides.of(request.input(0));
    List<Launch> launches = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < request.outputs().size(); i++) {
      TensorType part = request.output(i);
      launches.add(launch(
          CopySource.moving(part.dtype(), nest(part, inStrides), at * inStrides[axis], 0), 0, i));
      at += part.shape().known()[axis];
    }
    return launches;
  }
}
