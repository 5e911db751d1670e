package dev.slipway.runtime;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.TypeInference;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.Optional;

/** What the compiler of a program knows about a value. */
sealed interface Known {

  TypeInference.Input forInference();

  /** Its value does not depend on the inputs' elements, only on their shapes. */
  record Constant(Tensor tensor) implements Known {
    @Override
    public TypeInference.Input forInference() {
      return TypeInference.Input.of(tensor);
    }
  }

  /** It has a place in memory, at an offset of a root. */
  record Placed(TensorType type, Root root, long offset, Optional<DimVector> dims) implements Known {
    @Override
    public TypeInference.Input forInference() {
      return TypeInference.Input.of(type, dims);
    }
  }

  /** Its shape depends on data, or it is no tensor: it exists from the step that makes it on, in a slot. */
  record Dynamic(ValueType type, int slot) implements Known {
    @Override
    public TypeInference.Input forInference() {
      return TypeInference.Input.of(type);
    }
  }
}
