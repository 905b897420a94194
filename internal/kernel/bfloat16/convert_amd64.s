#include "textflag.h"

// func round256(dst *kernel.Bits16, src *float32, n int)
TEXT ·round256(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	VPCMPEQD Y7, Y7, Y7
	VPSRLD $31, Y7, Y6 // 1
	VPSRLD $17, Y7, Y5 // 0x7fff
	VPSLLD $6, Y6, Y4  // 0x40, which keeps a NaN one

loop:
	VMOVUPS (SI), Y0
	VPSRLD $16, Y0, Y1
	VPAND Y6, Y1, Y2
	VPADDD Y5, Y2, Y2
	VPADDD Y0, Y2, Y2
	VPSRLD $16, Y2, Y2
	VPOR Y4, Y1, Y1
	VCMPPS $3, Y0, Y0, Y3 // unordered: NaN
	VBLENDVPS Y3, Y1, Y2, Y2
	VEXTRACTI128 $1, Y2, X1
	VPACKUSDW X1, X2, X2
	VMOVDQU X2, (DI)
	ADDQ $32, SI
	ADDQ $16, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func widen256(dst *float32, src *kernel.Bits16, n int)
TEXT ·widen256(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	VPMOVZXWD (SI), Y0
	VPSLLD $16, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ $16, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET
