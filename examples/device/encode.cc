// Encodes a picture with encoder.tflite:  encode encoder.tflite face.ppm face.ipr [quality]
//
// The picture is a binary PPM (P6, 8 bits), as cameras and `convert face.jpg face.ppm` give it.
// Needs TFLite's C API alone, its two headers tensorflow/lite/c/{c_api,common}.h and one library
// (libtensorflowlite_c.so, or the one in TFLite's Android and iOS packages):
//
//   g++ -std=c++17 -O2 encode.cc -I$TFLITE/include -L$TFLITE/lib -ltensorflowlite_c -o encode
//
// Nothing but TFLite's built-in operations is needed. Do not give this file to a GPU delegate, and
// do not allow float16 in XNNPACK: the coder's sums need float32 (docs/device.md).

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/lite/c/c_api.h"

namespace {

constexpr int kMinSide = 16;
constexpr int kMaxSide = 1 << 15;  // Of this example; streams may be larger.

struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;
};

using Model = std::unique_ptr<TfLiteModel, decltype(&TfLiteModelDelete)>;
using Options =
    std::unique_ptr<TfLiteInterpreterOptions, decltype(&TfLiteInterpreterOptionsDelete)>;
using Interpreter = std::unique_ptr<TfLiteInterpreter, decltype(&TfLiteInterpreterDelete)>;

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

// The place of the one input of a type, or -1. The signature's names are not in the C API of every
// release; its types are all different: image uint8, quality float32.
int InputOfType(const TfLiteInterpreter* interpreter, TfLiteType type) {
  for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(interpreter); ++i) {
    if (TfLiteTensorType(TfLiteInterpreterGetInputTensor(interpreter, i)) == type) return i;
  }
  return -1;
}

// The one output of a type, or null: stream uint8, length int32.
const TfLiteTensor* OutputOfType(const TfLiteInterpreter* interpreter, TfLiteType type) {
  for (int i = 0; i < TfLiteInterpreterGetOutputTensorCount(interpreter); ++i) {
    const TfLiteTensor* tensor = TfLiteInterpreterGetOutputTensor(interpreter, i);
    if (TfLiteTensorType(tensor) == type) return tensor;
  }
  return nullptr;
}

int Encode(TfLiteInterpreter* interpreter, const Image& image, float quality,
           std::vector<uint8_t>* stream) {
  const int pixels = InputOfType(interpreter, kTfLiteUInt8);
  const int step = InputOfType(interpreter, kTfLiteFloat32);
  const int sizes[] = {1, image.height, image.width, 3};
  if (pixels < 0 || step < 0 || TfLiteInterpreterGetInputTensorCount(interpreter) != 2) {
    return Fail("the file is not a whole encoder of image and quality");
  }
  if (TfLiteInterpreterResizeInputTensor(interpreter, pixels, sizes, 4) != kTfLiteOk ||
      TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk ||
      TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, pixels),
                                 image.rgb.data(), image.rgb.size()) != kTfLiteOk ||
      TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, step), &quality,
                                 sizeof(quality)) != kTfLiteOk) {
    return Fail("the encoder does not take images of this size");
  }
  if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk) return Fail("encoding failed");
  const TfLiteTensor* bytes = OutputOfType(interpreter, kTfLiteUInt8);
  const TfLiteTensor* count = OutputOfType(interpreter, kTfLiteInt32);
  if (bytes == nullptr || count == nullptr) return Fail("the file's outputs are not an encoder's");
  int32_t length = 0;
  if (TfLiteTensorCopyToBuffer(count, &length, sizeof(length)) != kTfLiteOk || length < 0 ||
      static_cast<size_t>(length) > TfLiteTensorByteSize(bytes)) {
    return Fail("the encoder gave no length");
  }
  if (length == 0) {
    return Fail("nothing was coded: sides from 16 pixels and a finite quality are needed");
  }
  const auto* data = static_cast<const uint8_t*>(TfLiteTensorData(bytes));
  stream->assign(data, data + length);
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
  Model model(TfLiteModelCreateFromFile(argv[1]), TfLiteModelDelete);
  if (model == nullptr) return Fail(std::string(argv[1]) + " is no TFLite model");
  Options options(TfLiteInterpreterOptionsCreate(), TfLiteInterpreterOptionsDelete);
  TfLiteInterpreterOptionsSetNumThreads(options.get(), 1);
  Interpreter interpreter(TfLiteInterpreterCreate(model.get(), options.get()),
                          TfLiteInterpreterDelete);
  if (interpreter == nullptr) return Fail("the model needs another TFLite");
  std::vector<uint8_t> stream;
  if (int code = Encode(interpreter.get(), image, quality, &stream)) return code;
  std::ofstream file(argv[3], std::ios::binary);
  file.write(reinterpret_cast<const char*>(stream.data()), stream.size());
  file.close();
  if (!file) return Fail(std::string("cannot write ") + argv[3]);
  std::cout << argv[3] << ": " << stream.size() << " bytes\n";
  return 0;
}
