// Encodes a picture with encoder.tflite:  encode encoder.tflite face.ppm face.ipr [quality]
//
// The picture is a binary PPM (P6, 8 bits), as cameras and `convert face.jpg face.ppm` give it.
// With a TensorFlow source tree beside this file (any version from 2.14):
//
//   cmake -S tensorflow/tensorflow/lite -B build && cmake --build build -j
//   g++ -std=c++17 -O2 encode.cc -Itensorflow -Ibuild/flatbuffers/include
//       -Lbuild -ltensorflow-lite $(find build/_deps build/pthreadpool -name '*.a') -lpthread -ldl
//
// Nothing but TFLite's built-in operations is needed. Do not give this file to a GPU delegate, and
// do not allow float16 in XNNPACK: the coder's sums need float32 (docs/device.md).

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/lite/interpreter.h"
#include "tensorflow/lite/interpreter_builder.h"
#include "tensorflow/lite/kernels/register.h"
#include "tensorflow/lite/model_builder.h"
#include "tensorflow/lite/signature_runner.h"

namespace {

constexpr int kMinSide = 16;
constexpr int kMaxSide = 1 << 15;  // Of this example; streams may be larger.

struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;
};

// Prints an error and gives the exit code.
int Fail(const std::string& message) {
  std::cerr << "encode: " << message << "\n";
  return 1;
}

int ReadPpm(const std::string& path, Image* image) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int highest = 0;
  if (!(file >> magic >> image->width >> image->height >> highest) || magic != "P6" ||
      highest != 255) {
    return Fail(path + " is no binary PPM of 8 bits");
  }
  if (image->width < kMinSide || image->height < kMinSide || image->width > kMaxSide ||
      image->height > kMaxSide) {
    return Fail(path + ": both sides must have 16..32768 pixels");
  }
  file.get();  // The one white space before the pixels.
  image->rgb.resize(size_t{3} * image->width * image->height);
  if (!file.read(reinterpret_cast<char*>(image->rgb.data()), image->rgb.size())) {
    return Fail(path + " ends within the pixels");
  }
  return 0;
}

int Encode(tflite::SignatureRunner* runner, const Image& image, float quality,
            std::vector<uint8_t>* stream) {
  if (runner->ResizeInputTensor("image", {1, image.height, image.width, 3}) != kTfLiteOk ||
      runner->AllocateTensors() != kTfLiteOk) {
    return Fail("the encoder does not take images of this size");
  }
  TfLiteTensor* pixels = runner->input_tensor("image");
  if (pixels == nullptr || pixels->type != kTfLiteUInt8 || pixels->bytes != image.rgb.size()) {
    return Fail("the file's input `image` is not uint8 [1, H, W, 3]");
  }
  std::memcpy(pixels->data.uint8, image.rgb.data(), image.rgb.size());
  *runner->input_tensor("quality")->data.f = quality;
  if (runner->Invoke() != kTfLiteOk) return Fail("encoding failed");
  const TfLiteTensor* bytes = runner->output_tensor("stream");
  const int32_t length = *runner->output_tensor("length")->data.i32;
  stream->assign(bytes->data.uint8, bytes->data.uint8 + length);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: encode ENCODER.tflite IMAGE.ppm STREAM.ipr [QUALITY 1..100]\n";
    return 2;
  }
  const float quality = argc == 5 ? std::strtof(argv[4], nullptr) : 50.0f;
  if (!(quality >= 1.0f && quality <= 100.0f)) {
    return Fail("the quality must be in 1..100");
  }
  Image image;
  if (int code = ReadPpm(argv[2], &image)) return code;
  auto model = tflite::FlatBufferModel::BuildFromFile(argv[1]);
  if (model == nullptr) return Fail(std::string(argv[1]) + " is no TFLite model");
  tflite::ops::builtin::BuiltinOpResolver resolver;
  std::unique_ptr<tflite::Interpreter> interpreter;
  if (tflite::InterpreterBuilder(*model, resolver)(&interpreter) != kTfLiteOk) {
    return Fail("the model needs another TFLite");
  }
  interpreter->SetNumThreads(1);
  tflite::SignatureRunner* runner = interpreter->GetSignatureRunner("encode");
  if (runner == nullptr) return Fail(std::string(argv[1]) + " has no signature `encode`");
  std::vector<uint8_t> stream;
  if (int code = Encode(runner, image, quality, &stream)) return code;
  std::ofstream file(argv[3], std::ios::binary);
  file.write(reinterpret_cast<const char*>(stream.data()), stream.size());
  file.close();
  if (!file) return Fail(std::string("cannot write ") + argv[3]);
  std::cout << argv[3] << ": " << stream.size() << " bytes\n";
  return 0;
}
