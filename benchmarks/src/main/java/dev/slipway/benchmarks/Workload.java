package dev.slipway.benchmarks;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;

/**
 * A model at one set of shapes.
 *
 * @param name in the table
 * @param source of the model
 * @param shapes of the inputs by name
 */
record Workload(String name, ModelSource source, Map<String, long[]> shapes) {

  private static final String QUANTIZED_NAME = "int8 ";
  private static final String DYNAMIC_NAME = QUANTIZED_NAME + "dynamic ";

  /** Models of floats, each at the shapes that it is used with. */
  static final List<Workload> FLOATS = List.of(
      of("squeezenet 1.1", "squeezenet_fp32.onnx", "data_0", 1, 3, 224, 224),
      of("mobilenet_v1 0.25", "mobilenet_v1_0.25_224.onnx", "input", 1, 3, 224, 224),
      of("mobilenet_v1 0.25, batch 8", "mobilenet_v1_0.25_224.onnx", "input", 8, 3, 224, 224),
      of("mobilenet_v2 1.0", "mobilenet_v2_1.0_wq8.onnx", "input", 1, 3, 224, 224),
      of("resnet8", "resnet8_cifar10.onnx", "input", 1, 3, 32, 32),
      of("mnist", "mnist_cntk.onnx", "Input3", 1, 1, 28, 28),
      of("ultraface 320x240", "ultraface_rfb_320.onnx", "input", 1, 3, 240, 320),
      of("yunet 320x320", "yunet_n_dynamic.onnx", "input", 1, 3, 320, 320),
      of("retinaface 640x640", "retinaface_m025.onnx", "input0", 1, 3, 640, 640),
      of("fastestdet 352x352", "fastestdet.onnx", "input.1", 1, 3, 352, 352),
      of("yolox_nano 416x416", "yolox_nano_coco.onnx", "images", 1, 3, 416, 416),
      of("PP-OCRv4 det 640x640", "ch_PP-OCRv4_det_infer.onnx", "x", 1, 3, 640, 640),
      of("PP-OCRv4 rec 48x320", "ch_PP-OCRv4_rec_infer.onnx", "x", 1, 3, 48, 320),
      of("PP-OCRv2 cls 48x192", "ch_ppocr_mobile_v2.0_cls_infer.onnx", "x", 1, 3, 48, 192),
      tokens("MiniLM 1x128", new ModelSource.InFile("all-minilm-l6-v2.onnx"), 1, 128),
      tokens("MiniLM 8x128", new ModelSource.InFile("all-minilm-l6-v2.onnx"), 8, 128),
      new Workload(
          "silero_vad",
          new ModelSource.InFile("silero_vad_half.onnx"),
          Map.of("input", dims(1, 576), "state", dims(2, 1, 128))),
      new Workload(
          "dtln_1",
          new ModelSource.InFile("dtln_1.onnx"),
          Map.of("input_2", dims(1, 1, 257), "input_3", dims(1, 2, 128, 2))),
      new Workload(
          "ResNet-50", new ModelSource.Defined(() -> ResNet50.graph(1)), Map.of(ResNet50.INPUT, dims(1, 3, 224, 224))),
      tokens("BERT-base 1x128", new ModelSource.Defined(() -> BertBase.graph(1, 128)), 1, 128));

  /** Quantised models: of others, and as {@link QuantizedModels} makes them of those above. */
  static final List<Workload> QUANTIZED = List.of(
      of("int8 squeezenet 1.1", "squeezenet_qdq_int8.onnx", "data_0", 1, 3, 224, 224),
      of("int8 yolov8n 320x320", "yolov8n_int8_qdq_static.onnx", "images", 1, 3, 320, 320),
      of("int8 dynamic yolov8n 640x640", "yolov8n_int8_dynamic.onnx", "images", 1, 3, 640, 640),
      tokens("int8 dynamic MiniLM 1x128", new ModelSource.InFile("all-minilm-l6-v2-q.onnx"), 1, 128),
      quantized("mobilenet_v1 0.25"),
      quantized("resnet8"),
      quantized("mnist"),
      quantized("ultraface 320x240"),
      quantized("yolox_nano 416x416"),
      quantized("PP-OCRv4 det 640x640"),
      quantized("PP-OCRv4 rec 48x320"),
      quantized("PP-OCRv2 cls 48x192"),
      quantized("MiniLM 1x128"),
      quantized("ResNet-50"));

  static final List<Workload> ALL = Stream.concat(FLOATS.stream(), QUANTIZED.stream()).toList();

  private static Workload quantized(String name) {
    Workload floats = FLOATS.stream().filter(other -> other.name.equals(name)).findFirst().orElseThrow();
    return new Workload(QUANTIZED_NAME + name, new ModelSource.Quantized(floats), floats.shapes);
  }

  /** The model of floats that a quantised one was made of, where it is here. */
  Optional<Workload> floats() {
    String prefix = name.startsWith(DYNAMIC_NAME) ? DYNAMIC_NAME : QUANTIZED_NAME;
    return FLOATS.stream().filter(other -> name.equals(prefix + other.name)).findFirst();
  }

  private static Workload of(String name, String file, String input, long... dims) {
    return new Workload(name, new ModelSource.InFile(file), Map.of(input, dims));
  }

  private static Workload tokens(String name, ModelSource source, long batch, long length) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String input : List.of("input_ids", "attention_mask", "token_type_ids")) {
      shapes.put(input, dims(batch, length));
    }
    return new Workload(name, source, shapes);
  }

  private static long[] dims(long... dims) {
    return dims;
  }

  /** Its shapes as the only ones. */
  OptimizationProfile profile() {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    shapes.forEach((input, dims) -> ranges.put(input, OptimizationProfile.Range.exactly(dims)));
    return new OptimizationProfile(ranges);
  }

  /** Inputs from a fixed seed: token ids for integer inputs, else numbers from -1 to 1. */
  Map<String, Tensor> inputs() {
    SplittableRandom random = new SplittableRandom(7);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    shapes.forEach((name, dims) -> inputs.put(name, switch (name) {
      case "input_ids" -> filled(DType.INT64, dims, () -> random.nextInt(1000, 20000));
      case "attention_mask" -> filled(DType.INT64, dims, () -> 1);
      case "token_type_ids" -> filled(DType.INT64, dims, () -> 0);
      default -> filled(DType.FLOAT32, dims, () -> random.nextDouble(-1, 1));
    }));
    return inputs;
  }

  private static Tensor filled(DType dtype, long[] dims, DoubleSupplier values) {
    Tensor tensor = Tensor.allocate(dtype, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, values.getAsDouble());
    }
    return tensor;
  }
}
