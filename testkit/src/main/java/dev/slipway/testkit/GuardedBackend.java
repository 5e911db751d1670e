package dev.slipway.testkit;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A backend whose kernels see nothing but {@link GuardedMemory}: copies of their inputs and packed constants, which
 * cannot be written, outputs, and a workspace that holds no numbers. For backends that work on the memory of the host.
 */
public final class GuardedBackend extends ForwardingBackend {
  private static final int WORKSPACE_ALIGNMENT = 64;

  private final GuardedMemory.Edge edge;

  /** @param edge of each tensor that is guarded to the byte */
  public GuardedBackend(Backend backend, GuardedMemory.Edge edge) {
    super(backend);
    this.edge = edge;
  }

  @Override
  public List<Tactic> tactics() {
    return backend.tactics().stream().<Tactic>map(Guarded::new).toList();
  }

  /** Guarded memory is for one kernel at a time. */
  @Override
  public int threads() {
    return 1;
  }

  private final class Guarded extends ForwardingTactic {
    Guarded(Tactic tactic) {
      super(tactic);
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      return new GuardedKernel(super.build(request, choice, (port, format, bytes, pack) ->
          GuardedMemory.lastingCopy(constants.pack(port, format, bytes, pack).asSlice(0, bytes), edge)), edge);
    }
  }

  private record GuardedKernel(Kernel kernel, GuardedMemory.Edge edge) implements Kernel {
    @Override
    public long workspaceBytes() {
      return kernel.workspaceBytes();
    }

    @Override
    public void run(KernelArguments arguments) {
      try (GuardedMemory memory = new GuardedMemory(edge)) {
        MemorySegment[] inputs = new MemorySegment[arguments.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
          MemorySegment given = arguments.input(i);
          inputs[i] = isAbsent(given) ? given : memory.readOnlyCopy(given);
        }
        MemorySegment[] outputs = new MemorySegment[arguments.outputCount()];
        for (int i = 0; i < outputs.length; i++) {
          MemorySegment wanted = arguments.output(i);
          outputs[i] = isAbsent(wanted) ? wanted : memory.allocate(wanted.byteSize()).copyFrom(wanted);
        }
        kernel.run(new KernelArguments(inputs, outputs, workspace(memory)));
        for (int i = 0; i < outputs.length; i++) {
          if (!isAbsent(outputs[i])) {
            arguments.output(i).copyFrom(outputs[i]);
          }
        }
      }
    }

    /** Its size is rounded up, since kernels may rely on its alignment. */
    private MemorySegment workspace(GuardedMemory memory) {
      long bytes = Math.ceilDiv(kernel.workspaceBytes(), WORKSPACE_ALIGNMENT) * WORKSPACE_ALIGNMENT;
      return memory.allocate(bytes).asSlice(0, kernel.workspaceBytes());
    }

    private static boolean isAbsent(MemorySegment segment) {
      return segment.equals(MemorySegment.NULL);
    }
  }
}
