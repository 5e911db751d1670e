package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Operators of which a thread computes a few elements of the output, and what is elementwise behind them. */
abstract class AnchoredElements extends CudaTactic {
  private final String kernel;

  /** @param name of the tactic, and of the kernel behind the last dot */
  AnchoredElements(String name, int revision, CudaDevice device) {
    super(name, revision, device);
    this.kernel = name.substring(name.lastIndexOf('.') + 1);
  }

  /**
   * The anchor of a request and the ports of the request that it reads.
   *
   * @param micros predicted time of the kernel
   * @param packing what it reads in another form
   */
  record Anchored(ElementSource.Anchor anchor, List<Integer> ports, double micros, Optional<Packing> packing) {
    Anchored(ElementSource.Anchor anchor, List<Integer> ports, double micros) {
      this(anchor, ports, micros, Optional.empty());
    }
  }

  /** A constant input in a form of its own, as {@link PackedConstants} wants it described. */
  record Packing(int port, String format, long bytes, Consumer<MemorySegment> pack) {}

  /** An operator with the types that it has in a request. */
  record Operation(Op op, List<Optional<TensorType>> inputs, TensorType output, KernelRequest request, FusedGroup group) {
    TensorType input(int port) {
      return inputs.get(port).orElseThrow();
    }

    boolean has(int port) {
      return port < inputs.size() && inputs.get(port).isPresent();
    }

    /** The port of the request. */
    int port(int anchorInput) {
      return group.anchorInputs().get(anchorInput);
    }
  }

  /** The anchor for an operation, or why there is none. */
  abstract Result anchor(Operation operation);

  sealed interface Result {
    record Taken(Anchored anchored) implements Result {}

    record Refused(String reason) implements Result {}
  }

  static Result refused(String reason) {
    return new Result.Refused(reason);
  }

  private Result of(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || group.get().anchor().isEmpty() || request.outputs().size() != 1) {
      return refused("operator " + request.op().schema().name() + " (expected: one that is not elementwise)");
    }
    List<Optional<TensorType>> inputs = new ArrayList<>();
    for (int port : group.get().anchorInputs()) {
      inputs.add(port < 0 ? Optional.empty() : Optional.of(request.input(port)));
    }
    return anchor(new Operation(
        group.get().anchor().get(), inputs, request.output(), request, group.get()));
  }

  @Override
  public final Support supports(KernelRequest request) {
    Result result = of(request);
    if (result instanceof Result.Refused(String reason)) {
      return Requests.unsupported(reason);
    }
    Optional<String> refusal = Requests.notReal(request);
    return refusal.isPresent()
        ? Requests.unsupported(refusal.get())
        : new Support.Supported(((Result.Taken) result).anchored().micros());
  }

  @Override
  public final Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    Anchored anchored = ((Result.Taken) of(request)).anchored();
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    List<Launch.Parameter> pointers = new ArrayList<>();
    for (int port : anchored.ports()) {
      Optional<Packing> packing = anchored.packing().filter(own -> own.port() == port);
      pointers.add(packing.isPresent()
          ? new Launch.Parameter.Packed(constants.onDevice(
              port, packing.get().format(), packing.get().bytes(), packing.get().pack()))
          : new Launch.Parameter.Input(port));
    }
    return device.kernel(
        new ElementSource(kernel, request, Optional.of(anchored.anchor()), group.epilogue()), pointers);
  }
}
