package dev.slipway.runtime;

import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.TypeInference;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.Optional;

/** What the compiler of a program knows about a value. */
sealed interface Known {

  TypeInference.Input forInference();

  /** Where steps find it, once memory is planned. */
  Operand operand();

  /** As the input of a kernel. */
  KernelRequest.Argument argument();

  /** Its value does not depend on the inputs' elements, only on their shapes. */
  record Constant(Tensor tensor) implements Known {
    @Override
    public TypeInference.Input forInference() {
      return TypeInference.Input.of(tensor);
    }

    @Override
    public Operand operand() {
      return new Operand.Constant(tensor);
    }

    @Override
    public KernelRequest.Argument argument() {
      return KernelRequest.Argument.of(tensor);
    }
  }

  /** It has a place in memory, at an offset of a root. */
  record Placed(TensorType type, Root root, long offset, Optional<DimVector> dims) implements Known {
    @Override
    public TypeInference.Input forInference() {
      return TypeInference.Input.of(type, dims);
    }

    @Override
    public Operand operand() {
      Root whole = root.resolve();
      return new Operand.Memory(type, whole.kind, whole.index, offset + root.offsetInRoot() + whole.workspaceOffset);
    }

    @Override
    public KernelRequest.Argument argument() {
      return KernelRequest.Argument.of(type);
    }
  }

  /** Its shape depends on data, or it is no tensor: it exists from the step that makes it on, in a slot. */
  record Dynamic(ValueType type, int slot) implements Known {
    @Override
    public TypeInference.Input forInference() {
      return TypeInference.Input.of(type);
    }

    @Override
    public Operand operand() {
      return new Operand.Slot(slot);
    }

    @Override
    public KernelRequest.Argument argument() {
      throw new IllegalStateException("dynamic input of a kernel");
    }
  }
}
