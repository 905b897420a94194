#include "textflag.h"

// R8 is the table of vector_amd64.go, 32 bytes a row. EXP sets p to e^x for x <= 0 as exp32 does, destroying x, t and Y15: the
// exponent is added to the bits of the polynomial, and Y15 clears what is below the least (5 is "not less", so NaN stays; it comes
// through VMAXPS because x is the second source).
#define EXP(x, t, p) \
	VMOVUPS (R8), t; \
	VCMPPS $5, t, x, Y15; \
	VMAXPS x, t, x; \
	VMOVUPS 64(R8), t; \
	VFMADD231PS 32(R8), x, t; \
	VSUBPS 64(R8), t, p; \
	VFNMADD231PS 96(R8), p, x; \
	VFNMADD231PS 128(R8), p, x; \
	VMOVUPS 160(R8), p; \
	VFMADD213PS 192(R8), x, p; \
	VFMADD213PS 224(R8), x, p; \
	VFMADD213PS 256(R8), x, p; \
	VFMADD213PS 288(R8), x, p; \
	VFMADD213PS 320(R8), x, p; \
	VFMADD213PS 352(R8), x, p; \
	VFMADD213PS 352(R8), x, p; \
	VPSLLD $23, t, t; \
	VPADDD t, p, p; \
	VANDPS Y15, p, p

// NORMAL reads x at (SI) into Y0 and sets Y3 to the density times sqrt(2 pi) and Y5 to the distribution, as normal32 does.
#define NORMAL \
	VMOVUPS (SI), Y0; \
	VMULPS 416(R8), Y0, Y1; \
	VMULPS Y0, Y1, Y1; \
	EXP(Y1, Y2, Y3); \
	VANDPS 384(R8), Y0, Y1; \
	VMOVUPS 352(R8), Y4; \
	VFMADD132PS 448(R8), Y4, Y1; \
	VDIVPS Y1, Y4, Y1; \
	VMOVUPS 480(R8), Y5; \
	VFMADD213PS 512(R8), Y1, Y5; \
	VFMADD213PS 544(R8), Y1, Y5; \
	VFMADD213PS 576(R8), Y1, Y5; \
	VFMADD213PS 608(R8), Y1, Y5; \
	VMULPS Y1, Y5, Y5; \
	VMULPS Y3, Y5, Y5; \
	VSUBPS Y5, Y4, Y4; \
	VBLENDVPS Y0, Y5, Y4, Y5

// func gelu256(y, x *float32, n int, table *[21][8]float32)
TEXT ·gelu256(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ table+24(FP), R8

loop:
	NORMAL
	VMULPS Y0, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func geluGrad256(dx, x, dy *float32, n int, table *[21][8]float32)
TEXT ·geluGrad256(SB), NOSPLIT, $0-40
	MOVQ dx+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ table+32(FP), R8

loop:
	NORMAL
	VMULPS 640(R8), Y3, Y3
	VFMADD231PS Y3, Y0, Y5
	VMULPS (DX), Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func max256(lanes *[8]float32, x *float32, n int)
TEXT ·max256(SB), NOSPLIT, $0-24
	MOVQ lanes+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVUPS (DI), Y0

loop:
	VMAXPS (SI), Y0, Y0
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VMOVUPS Y0, (DI)
	VZEROUPPER
	RET

// func exp256(lanes *[8]float32, x *float32, n int, largest float32, table *[21][8]float32)
TEXT ·exp256(SB), NOSPLIT, $0-40
	MOVQ lanes+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS largest+24(FP), Y7
	MOVQ table+32(FP), R8
	VMOVUPS (DI), Y6

loop:
	VMOVUPS (SI), Y0
	VSUBPS Y7, Y0, Y0
	EXP(Y0, Y1, Y2)
	VMOVUPS Y2, (SI)
	VADDPS Y2, Y6, Y6
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VMOVUPS Y6, (DI)
	VZEROUPPER
	RET
